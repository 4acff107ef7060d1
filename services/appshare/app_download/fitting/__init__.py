"""Which build of an app fits a device: the rules, whole APKs and split sets together."""
