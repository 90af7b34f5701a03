package errs

import (
	"fmt"
	"strings"
)

// Suggest gives ` (did you mean "x"?)` for the name in have nearest to got, or
// "" when none is near (an edit distance above a third of its length).
func Suggest(got string, have []string) string {
	best, bestDist := "", len(got)/3+2
	for _, h := range have {
		if d := distance(strings.ToLower(got), strings.ToLower(h)); d < bestDist {
			best, bestDist = h, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance is the Levenshtein distance of a and b, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, cost)
		}
	}
	return row[len(b)]
}
