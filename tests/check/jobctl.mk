# The man page of jobctl against its table of commands.
TESTS += tests/check/jobctl_documents.sh
EXTRA_DIST += tests/check/jobctl_documents.sh tests/check/jobctl_documents.py
