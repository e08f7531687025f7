# Clients are copied into projects: where they are installed, nothing looks for them by itself.
nodeclientdir = $(pkgdatadir)/clients/node
rubyclientdir = $(pkgdatadir)/clients/ruby
pythonclientdir = $(pkgdatadir)/clients/python
clientsdocdir = $(pkgdatadir)/clients
dist_nodeclient_DATA = contrib/clients/node/jobd.js
dist_rubyclient_DATA = contrib/clients/ruby/jobd.rb
dist_pythonclient_DATA = contrib/clients/python/jobd.py
dist_clientsdoc_DATA = contrib/clients/README.md
