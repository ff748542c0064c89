package explain

// Reasons are what stepOf looks for.
func Reasons() (all []string) {
	for _, r := range byReason {
		all = append(all, r.begin)
	}
	return all
}
