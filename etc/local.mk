# etc: the configuration that is installed if there is none yet, and the reference of all options.
dist_doc_DATA = etc/jobd.conf.full
EXTRA_DIST += etc/jobd.conf

install-data-local: install-jobd-conf
uninstall-local: uninstall-jobd-conf

install-jobd-conf:
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)"
	test -e "$(DESTDIR)$(sysconfdir)/jobd.conf" || \
		$(INSTALL_DATA) $(srcdir)/etc/jobd.conf "$(DESTDIR)$(sysconfdir)/jobd.conf"

# A file that somebody has changed stays.
uninstall-jobd-conf:
	if cmp -s $(srcdir)/etc/jobd.conf "$(DESTDIR)$(sysconfdir)/jobd.conf"; then \
		rm -f "$(DESTDIR)$(sysconfdir)/jobd.conf"; \
	fi

.PHONY: install-jobd-conf uninstall-jobd-conf
