package report

import "github.com/outcore/outcore/plot"

// A History is what a repository remembers of the run.
type History struct {
	Place     string     `json:"place"`              // address of the repository
	Snapshots []Snapshot `json:"snapshots"`          // oldest first
	Commands  []string   `json:"commands,omitempty"` // that show more of it, as typed
}

// A Snapshot is one state of a repository and how it came to be.
type Snapshot struct {
	ID      string   `json:"id"`   // or the beginning of it that is enough
	Time    string   `json:"time"` // "15:04:05"
	Message string   `json:"message"`
	Refs    []string `json:"refs,omitempty"`    // branches and tags that point here: "main", "tag v1"
	Changes []string `json:"changes,omitempty"` // since the one before: "/look: 8 new arrays, 8 chunks"
}

// Says is the history in a sentence.
func (h *History) Says() string {
	n := int64(len(h.Snapshots))
	s := plot.FormatCount(n) + " snapshots"
	if n == 1 {
		s = "1 snapshot"
	}
	return "What was made is kept in a repository: " + s + ", each whole and for ever. Any of them opens as ADDRESS@ID#/path."
}
