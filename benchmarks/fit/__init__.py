"""What an answer to "which build fits?" costs, and taking a package in."""
