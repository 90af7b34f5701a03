package chunk

import "github.com/apache/arrow-go/v18/arrow"

// A Group is the rows of one row group, not encoded yet: views of the records
// they came in, which it holds until Release.
type Group struct {
	Records []arrow.RecordBatch
	Rows    int64
	Ends    bool // the last group of its file
}

// Release gives the records up.
func (g *Group) Release() {
	for _, r := range g.Records {
		r.Release()
	}
	g.Records = nil
}

// A Grouper cuts record batches into row groups by the number of the row in its
// file, and files by the number of the row in the data: where batches end does
// not show. It serves one goroutine.
type Grouper struct {
	GroupRows int64 // rows of a group; the last of a file may have fewer
	FileRows  int64 // rows of a file; 0 = all

	group  Group
	inFile int64 // rows of the file in groups that are full
}

// Add takes the rows of rec in and calls emit with each group that is full. The
// group belongs to emit; rec to the caller.
func (g *Grouper) Add(rec arrow.RecordBatch, emit func(Group) error) error {
	for lo := int64(0); lo < rec.NumRows(); {
		room := g.GroupRows - g.group.Rows
		if g.FileRows > 0 {
			room = min(room, g.FileRows-g.inFile-g.group.Rows)
		}
		hi := min(lo+room, rec.NumRows())
		g.group.Records = append(g.group.Records, rec.NewSlice(lo, hi))
		g.group.Rows += hi - lo
		lo = hi
		switch {
		case g.FileRows > 0 && g.inFile+g.group.Rows == g.FileRows:
			g.group.Ends = true
			g.inFile = -g.group.Rows
		case g.group.Rows < g.GroupRows:
			continue
		}
		if err := g.emit(emit); err != nil {
			return err
		}
	}
	return nil
}

func (g *Grouper) emit(emit func(Group) error) error {
	out := g.group
	g.inFile += out.Rows
	g.group = Group{}
	return emit(out)
}

// Flush emits what is left, if anything, as the end of a file.
func (g *Grouper) Flush(emit func(Group) error) error {
	if g.group.Rows == 0 {
		return nil
	}
	g.group.Ends = true
	g.inFile = -g.group.Rows
	return g.emit(emit)
}

// Discard releases what is left.
func (g *Grouper) Discard() { g.group.Release() }
