//! Common Encryption: subsample maps, the AES modes, keys and `pssh` boxes.
