# Tests of what runs other programs: lib/exec, lib/members, jobd-runner.
runner_tests = \
	tests/unit/test_exec \
	tests/unit/test_exec_env_file \
	tests/unit/test_members

if HAVE_CMOCKA
check_PROGRAMS += $(runner_tests)
TESTS += $(runner_tests)
endif

tests_unit_test_exec_SOURCES = tests/unit/test_exec.c
tests_unit_test_exec_LDADD = src/lib/libexec.a $(UNIT_LDADD)

tests_unit_test_exec_env_file_SOURCES = tests/unit/test_exec_env_file.c
tests_unit_test_exec_env_file_LDADD = src/lib/libexec.a $(UNIT_LDADD)

tests_unit_test_members_SOURCES = tests/unit/test_members.c
tests_unit_test_members_LDADD = src/lib/libmembers.a $(UNIT_LDADD)
