package icechunk

// KeepUpdates makes r roll its log of operations over after n and not after 1,000.
func (r *Repository) KeepUpdates(n int) { r.updates = n }
