"""Makes the systems that settings name, one module a port. `bridge.bootstrap` puts the product together from them."""
