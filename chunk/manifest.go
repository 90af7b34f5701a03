package chunk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
)

// ManifestFormat is the version of the manifest that is written. Every minor
// version of the same major one is read.
const ManifestFormat = "outcore.chunks/1.0"

// maxManifest bounds what is read: some hundred thousand chunks.
const maxManifest = 64 << 20

// A Manifest is what stands beside chunk files: their order, what they hold and
// how they were made, and where to go on.
type Manifest struct {
	Format   string            `json:"format"`
	Complete bool              `json:"complete"`
	Rows     int64             `json:"rows"`
	Skipped  int64             `json:"skipped"` // bad rows left out
	Columns  int               `json:"columns"`
	Schema   source.Schema     `json:"schema"` // without fields when they are f0, f1, …
	Options  Options           `json:"options"`
	Reading  map[string]string `json:"reading,omitempty"` // options of the source
	Sources  []source.File     `json:"sources"`
	Repeat   int               `json:"repeat"` // times the sources were read, one round after the other
	Chunks   []Chunk           `json:"chunks"`
	Digest   string            `json:"digest,omitempty"` // of a complete one: sha256 over the sha256 of its files, in order
}

// A Chunk is one entry of a Manifest.
type Chunk struct {
	First int64  `json:"first"` // rows before it
	Rows  int64  `json:"rows"`
	Files []Part `json:"files"` // data, then labels
	End   Place  `json:"end"`
}

// A Part is one file of a chunk.
type Part struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// A Place is a border between two rows of the data: a cursor, and good rows
// after it that are done already.
type Place struct {
	Next    source.Cursor `json:"next"`
	Skip    int64         `json:"skip,omitempty"`
	Skipped int64         `json:"skipped,omitempty"` // bad rows before Next
}

// ManifestKey is the name of the manifest of chunks with a prefix.
func ManifestKey(prefix string) string { return prefix + ".manifest.json" }

// ReadManifest reads the manifest of chunks with a prefix; errs.NotFound when
// there is none.
func ReadManifest(ctx context.Context, b *blob.Bucket, prefix string) (*Manifest, error) {
	m, _, err := readManifest(ctx, b, prefix, pageBytes)
	return m, err
}

// readManifest reads the manifest and, of a job that is not done, its pages.
func readManifest(ctx context.Context, b *blob.Bucket, prefix string, limit int) (*Manifest, stored, error) {
	var at stored
	data, info, err := b.ReadAll(ctx, ManifestKey(prefix), maxManifest)
	if err != nil {
		return nil, at, err
	}
	file := errs.Position{File: b.Address() + "/" + ManifestKey(prefix)}
	m := &Manifest{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, at, errs.New(errs.Corrupt, "the manifest is not one that chunk wrote: %w", err).At(file).WithFix("--restart, or another --prefix")
	}
	if !bytes.HasPrefix([]byte(m.Format), []byte("outcore.chunks/1.")) {
		return nil, at, errs.New(errs.Unsupported, "found format %q, expected %q", m.Format, ManifestFormat).At(file).WithFix("another --prefix")
	}
	at = stored{version: info.Version, bytes: len(data), first: len(m.Chunks)}
	if m.Options.Prefix == prefix && !m.Complete && len(data) > limit {
		if err := readPages(ctx, b, m, &at, limit); err != nil {
			return nil, at, err
		}
	}
	if err := m.check(); err != nil {
		return nil, at, errs.New(errs.Corrupt, "%w", err).At(file).WithFix("--restart, or another --prefix")
	}
	return m, at, nil
}

// check reports entries that contradict each other.
func (m *Manifest) check() error {
	var rows int64
	for i, c := range m.Chunks {
		n := c.End.Next
		switch {
		case c.First != rows || c.Rows <= 0 || len(c.Files) == 0 || len(c.Files) > 2:
			return fmt.Errorf("chunks[%d] does not follow the one before", i)
		case c.End.Skip < 0 || c.End.Skipped < 0 || n.File < 0 || n.Byte < 0 || n.Inner < 0 || n.Row < 0 || n.Line < 0 || n.Bit < 0 || n.Bit > 7:
			return fmt.Errorf("chunks[%d].end is no place", i)
		}
		for j, f := range c.Files {
			if f.Name != partName(m.Options.Prefix, i, m.Options.Layout, j == 1) || f.Bytes < 0 {
				return fmt.Errorf("chunks[%d].files[%d] has the name %q", i, j, f.Name)
			}
		}
		rows += c.Rows
	}
	if rows != m.Rows {
		return fmt.Errorf("rows is %d, the chunks have %d", m.Rows, rows)
	}
	return nil
}

// encode gives the bytes of m, the same for the same m.
func (m *Manifest) encode() []byte {
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		panic(err) // numbers and texts only
	}
	return append(b, '\n')
}

// digest is that of all chunks.
func (m *Manifest) digest() string {
	h := sha256.New()
	for _, c := range m.Chunks {
		for _, f := range c.Files {
			fmt.Fprintf(h, "%s\n", f.SHA256)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// bytes is the size of all chunk files.
func (m *Manifest) bytes() (n int64) {
	for _, c := range m.Chunks {
		for _, f := range c.Files {
			n += f.Bytes
		}
	}
	return n
}

// end is the place after the last chunk.
func (m *Manifest) end() Place {
	if len(m.Chunks) == 0 {
		return Place{}
	}
	return m.Chunks[len(m.Chunks)-1].End
}

// drop leaves out the chunks from i on, and what was known of the end.
func (m *Manifest) drop(i int) {
	m.Chunks = m.Chunks[:i]
	m.Complete, m.Digest, m.Rows, m.Skipped = false, "", 0, m.end().Skipped
	for _, c := range m.Chunks {
		m.Rows += c.Rows
	}
}

// partName is the name of a file of chunk i.
func partName(prefix string, i int, layout string, labels bool) string {
	kind := "_data"
	if labels {
		kind = "_labels"
	}
	ext := ".npz"
	if layout == Parquet {
		ext = ".parquet"
	}
	return fmt.Sprintf("%s%05d%s%s", prefix, i, kind, ext)
}

// rounds finds the files that a list repeats, and how often.
func rounds(files []source.File) ([]source.File, int) {
	for p := 1; p <= len(files)/2; p++ {
		if len(files)%p == 0 && slices.Equal(files[p:], files[:len(files)-p]) {
			return files[:p], len(files) / p
		}
	}
	return files, 1
}

// bare is a schema without names that say nothing.
func bare(s *source.Schema) source.Schema {
	out := *s
	for j, f := range s.Fields {
		if f.Name != "f"+strconv.Itoa(j) || f.Kind != source.Number {
			return out
		}
	}
	out.Fields = nil
	return out
}

func (m *Manifest) made() *made {
	return &made{Options: m.Options, Reading: m.Reading, Columns: m.Columns, Schema: fmt.Sprint(byName(m.Schema)),
		Files: len(m.Sources), Sources: m.Sources, Repeat: m.Repeat}
}

// agrees reports, all at once, why a job now cannot go on from m.
func (m *Manifest) agrees(now *Manifest, address string) error {
	list, onlyChanged := m.made().differs(now.made())
	if len(list) == 0 {
		return nil
	}
	what := "an unfinished job stands here, begun differently"
	switch {
	case onlyChanged && m.Complete:
		what = "chunks stand here, of data that is not the same any more"
	case onlyChanged:
		what = "an unfinished job stands here, whose data is not the same any more"
	case m.Complete:
		what = "chunks stand here, made differently"
	}
	return errs.New(errs.Invalid, "%s:%s\n", what, listed(list)).At(errs.Position{File: address + "/" + ManifestKey(now.Options.Prefix)}).
		WithFix("--restart to discard what is there, or another --prefix")
}

// missing finds the first chunk whose files are not as the manifest says, by
// name and size.
func (m *Manifest) missing(ctx context.Context, b *blob.Bucket) (int, string, error) {
	for i, c := range m.Chunks {
		for _, f := range c.Files {
			info, err := b.Stat(ctx, f.Name)
			switch {
			case errors.Is(err, errs.NotFound):
				return i, f.Name + " is gone", nil
			case err != nil:
				return 0, "", err
			case info.Size != f.Bytes:
				return i, fmt.Sprintf("%s has %d bytes, expected %d", f.Name, info.Size, f.Bytes), nil
			}
		}
	}
	return len(m.Chunks), "", nil
}
