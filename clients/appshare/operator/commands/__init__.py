"""The commands of `appshare-admin`, a module each."""
