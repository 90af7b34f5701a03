package report

import (
	"github.com/outcore/outcore/plot"
)

// A Report is what one page shows. A part that is nil or empty is left out;
// a chart that is there but holds no data says so.
type Report struct {
	Title    string   `json:"title"`    // "New York flights"
	Program  string   `json:"program"`  // "outcore 0.1"
	Sentence string   `json:"sentence"` // what was done and what came out
	Figures  []Figure `json:"figures"`  // four

	Memory    *plot.Memory    `json:"memory,omitempty"`
	Columns   *plot.Columns   `json:"columns,omitempty"`
	Learning  *plot.Learning  `json:"learning,omitempty"`
	Predicted *plot.HexBin    `json:"predicted,omitempty"` // x actual, y predicted
	Residuals *plot.Histogram `json:"residuals,omitempty"`
	Weights   *plot.Weights   `json:"weights,omitempty"`
	Trust     []Check         `json:"trust,omitempty"`
	History   *History        `json:"history,omitempty"`
	TimeLine  *plot.TimeLine  `json:"time_line,omitempty"`
	Reproduce Reproduce       `json:"reproduce"`
	Limits    []string        `json:"limits,omitempty"` // what the report does not show, a sentence each
}

// A Figure is one of the large numbers at the top.
type Figure struct {
	Value string `json:"value"`          // "214 MiB"
	Label string `json:"label"`          // "most memory held"
	Note  string `json:"note,omitempty"` // "of a budget of 256 MiB"
}

// A Check is one thing that was done to earn trust.
type Check struct {
	Did    string `json:"did"`              // "killed with SIGKILL at 61 %, resumed"
	Came   string `json:"came"`             // "the same bytes"
	Detail string `json:"detail,omitempty"` // digests, say
	OK     bool   `json:"ok"`
}

// Reproduce is how to get the same again.
type Reproduce struct {
	Commands []string `json:"commands,omitempty"` // as typed, without a prompt
	Versions []Pair   `json:"versions,omitempty"` // "go": "1.26.0"
	Digests  []Pair   `json:"digests,omitempty"`  // "data": "sha256:…"
}

// A Pair is a name and its value.
type Pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
