package chunk

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A Group is the rows of one row group, not encoded yet: views of the records
// they came in, or copies of small ones, which it holds until Release.
type Group struct {
	Records []arrow.RecordBatch
	Rows    int64
	Bytes   int64 // of the values (recordBytes)
	Ends    bool  // the last group of its file
}

// Release gives the records up.
func (g *Group) Release() {
	for _, r := range g.Records {
		r.Release()
	}
	g.Records = nil
}

// DefaultGroupBytes is the bytes of values at which a row group ends before it
// has all its rows (docs/format/chunk.md).
const DefaultGroupBytes = 32 << 20

// A Grouper cuts record batches into row groups by the number of the row in its
// file and the bytes of its values, and files by the number of the row in the
// data: where batches end does not show. It serves one goroutine.
type Grouper struct {
	GroupRows  int64 // rows of a group at most; the last of a file may have fewer
	GroupBytes int64 // of the values of a group, unless it is a single row; 0 = DefaultGroupBytes
	FileRows   int64 // rows of a file; 0 = all

	group  Group
	sizes  []int64 // bytes of its records
	inFile int64   // rows of the file in groups that are full
}

// Add takes the rows of rec in and calls emit with each group that is full. The
// group belongs to emit; rec to the caller.
func (g *Grouper) Add(rec arrow.RecordBatch, emit func(Group) error) error {
	limit := g.GroupBytes
	if limit == 0 {
		limit = DefaultGroupBytes
	}
	size := sizeOf(rec)
	for lo := int64(0); lo < rec.NumRows(); {
		room := g.GroupRows - g.group.Rows
		if g.FileRows > 0 {
			room = min(room, g.FileRows-g.inFile-g.group.Rows)
		}
		hi := min(lo+room, rec.NumRows())
		n, bytes := size.fit(lo, hi, limit-g.group.Bytes)
		if n == 0 && g.group.Rows == 0 {
			n, bytes = 1, size.bytes(lo, lo+1) // larger than any group
		}
		fit := lo + n
		if n > 0 {
			g.take(rec.NewSlice(lo, fit), bytes)
		}
		full := fit < hi
		lo = fit
		switch {
		case g.FileRows > 0 && g.inFile+g.group.Rows == g.FileRows:
			g.group.Ends = true
			g.inFile = -g.group.Rows
		case !full && g.group.Rows < g.GroupRows:
			continue
		}
		if err := g.emit(emit); err != nil {
			return err
		}
	}
	return nil
}

// take adds rows to the group, and copies the last ones together when they are
// many small records: a record holds the slabs it was parsed into and some
// objects a column, however few its rows are.
func (g *Grouper) take(rec arrow.RecordBatch, bytes int64) {
	list, sizes := append(g.group.Records, rec), append(g.sizes, bytes)
	columns := rec.NumCols()
	most := mostSmall(int(columns))
	from := len(list)
	bytes = 0
	for from > 0 && len(list)-from < most && sizes[from-1] < smallColumn*columns {
		from--
		bytes += sizes[from]
	}
	g.group.Rows += rec.NumRows()
	g.group.Bytes += sizes[len(list)-1]
	if len(list)-from == most {
		if one := joined(list[from:]); one != nil {
			for i, r := range list[from:] {
				r.Release()
				list[from+i] = nil
			}
			list, sizes = append(list[:from], one), append(sizes[:from], bytes)
		}
	}
	g.group.Records, g.sizes = list, sizes
}

// mostSmall is how many small records of so many columns are made one.
func mostSmall(columns int) int { return max(2, min(smallRecords, smallColumns/max(columns, 1))) }

const (
	smallColumn  = 1 << 10  // bytes a column on average: a record of fewer holds more than its values;
	smallRecords = 16       // as many of them, one behind the other, are made one,
	smallColumns = 64 << 10 // or as many as have so many columns together
)

// joined copies records into one; nil for what is not copied: dictionaries,
// which may differ.
func joined(list []arrow.RecordBatch) arrow.RecordBatch {
	columns := make([]arrow.Array, list[0].NumCols())
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release() // the record holds it
			}
		}
	}()
	var rows int64
	for _, r := range list {
		rows += r.NumRows()
	}
	parts := make([]arrow.Array, len(list))
	for j := range columns {
		for i, r := range list {
			parts[i] = r.Column(j)
		}
		if parts[0].DataType().ID() == arrow.DICTIONARY {
			return nil
		}
		var err error
		if columns[j], err = array.Concatenate(parts, memory.DefaultAllocator); err != nil {
			return nil // texts of 2 GiB and more stay apart
		}
	}
	return array.NewRecordBatch(list[0].Schema(), columns, rows)
}

func (g *Grouper) emit(emit func(Group) error) error {
	out := g.group
	g.inFile += out.Rows
	g.group, g.sizes = Group{}, g.sizes[:0]
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
