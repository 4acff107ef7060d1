"""What devices may ask: one module for each service of `device_gateway.proto`."""
