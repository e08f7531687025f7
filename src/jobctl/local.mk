# jobctl
