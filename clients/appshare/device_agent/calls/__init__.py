"""What a device may ask of the cloud: one module for each service of `device_gateway.proto`."""
