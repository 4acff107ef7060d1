"""What we read of real packages beside what aapt and apksigner say of them."""
