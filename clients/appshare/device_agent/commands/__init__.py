"""The commands of `appshare`, a module each."""
