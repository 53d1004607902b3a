//! The HTTP API with real requests.
