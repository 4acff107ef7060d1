"""Which files of a split set fit a device: bundletool's rules where the set has a table of contents, Android's else."""
