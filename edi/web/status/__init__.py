"""The partners' status page: what came, what became of it, and what to change; read only, by personal link, without scripts."""
