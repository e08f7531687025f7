# Completion of the shells: each asks jobctl --complete, so there is no list of words to keep.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_bashcompletion_DATA = contrib/completion/bash/jobctl
dist_zshcompletion_DATA = contrib/completion/zsh/_jobctl
dist_fishcompletion_DATA = contrib/completion/fish/jobctl.fish
