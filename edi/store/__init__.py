"""Floor 4: memory. Tables, payloads, audit chain, numbers, leases."""
