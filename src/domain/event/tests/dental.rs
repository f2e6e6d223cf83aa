//! dental
