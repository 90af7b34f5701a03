package chunk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/outcore/outcore/source"
)

// A made is what a job makes of what: all that must be the same for a job to go
// on from what another left.
type made struct {
	Options any               `json:"options"`
	Reading map[string]string `json:"reading,omitempty"`
	Columns int               `json:"columns"`
	Schema  string            `json:"schema"` // what names and types of columns are, in a form of its own
	Files   int               `json:"files"`
	Sources []source.File     `json:"sources"` // the first ones, where there are many
	Repeat  int               `json:"repeat"`
}

// differs lists what is not the same; changed says that it is only the content
// of the sources.
func (m *made) differs(now *made) (list []string, changed bool) {
	list = differences(m.Options, now.Options)
	list = append(list, differences(m.Reading, now.Reading)...)
	if m.Columns != now.Columns {
		list = append(list, fmt.Sprintf("the data had %d columns, has now %d", m.Columns, now.Columns))
	} else if len(list) == 0 && m.Schema != now.Schema {
		list = append(list, "the columns have other names or types")
	}
	var contents []string
	if m.Files != now.Files {
		list = append(list, fmt.Sprintf("there were %d files to read, are now %d", m.Files, now.Files))
	} else {
		for i, was := range m.Sources[:min(len(m.Sources), len(now.Sources))] {
			is := now.Sources[i]
			switch {
			case was.Address != is.Address:
				list = append(list, fmt.Sprintf("file %d was %s, is now %s", i+1, was.Address, is.Address))
			case was.Size != is.Size:
				contents = append(contents, fmt.Sprintf("%s changed since: it had %d bytes, has now %d", was.Address, was.Size, is.Size))
			case was != is:
				contents = append(contents, fmt.Sprintf("%s changed, or was touched, since: its version was %s, is now %s", was.Address, was.Version, is.Version))
			}
		}
	}
	if m.Repeat != now.Repeat {
		list = append(list, fmt.Sprintf("--repeat was %d, is now %d", m.Repeat, now.Repeat))
	}
	changed = len(list) == 0
	return append(list, contents...), changed
}

// listed gives differences as the lines of a message.
func listed(list []string) (text string) {
	if n := len(list); n > 12 {
		list = append(list[:11:11], fmt.Sprintf("and %d more differences", n-11))
	}
	for _, l := range list {
		text += "\n  " + l
	}
	return text
}

// digest names what is made.
func (m *made) digest() string {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // numbers and texts only
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
