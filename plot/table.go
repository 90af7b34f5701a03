package plot

// A Table is the numbers behind a chart, formatted. Rows have as many cells as
// Head; cells of all columns but the first Text ones are numbers.
type Table struct {
	Head []string
	Text int // how many leading columns are text
	Rows [][]string
	Note string // what was left out; may be empty
}

// tableRows is how many rows a table of samples is thinned to.
const tableRows = 60

// every gives the stride that thins n rows to at most tableRows.
func every(n int) int { return max(1, (n+tableRows-1)/tableRows) }

// thinned says that only one row in stride is in the table.
func thinned(stride int) string {
	if stride == 1 {
		return ""
	}
	return "One row in " + FormatCount(int64(stride)) + " is shown."
}
