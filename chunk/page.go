package chunk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

// pageBytes is from what size on a manifest is not written again after each
// chunk: chunks go to pages, which end at the same size, so that entering one
// costs the same whatever the number of chunks and sources. A page that is not
// read any more goes away with the job's end (docs/format/chunk.md).
const pageBytes = 64 << 10

// A page holds the chunks of an unfinished job that its manifest, and the pages
// before, do not.
type page struct {
	First  int     `json:"first"` // index of the first of Chunks
	Chunks []Chunk `json:"chunks"`
}

// A stored is where the manifest and its last page stand in the store.
type stored struct {
	version string // of the manifest, "" for none
	bytes   int
	first   int    // index of the first chunk of the page that is written next
	page    string // its version, "" for none
}

// pagesOf is how the keys of all pages of a prefix begin.
func pagesOf(prefix string) string { return stateDir + "/" + prefix + ".manifest." }

func pageKey(prefix string, first int) string {
	return fmt.Sprintf("%s%05d.json", pagesOf(prefix), first)
}

// isPage reports whether key is that of a page: five digits or more stand in it.
func isPage(key, prefix string) bool {
	digits, ok := strings.CutSuffix(strings.TrimPrefix(key, pagesOf(prefix)), ".json")
	return ok && len(digits) >= 5 && strings.Trim(digits, "0123456789") == ""
}

// readPages appends to m, which is not complete, the chunks of its pages. Each
// begins where the one before ends.
func readPages(ctx context.Context, b *blob.Bucket, m *Manifest, s *stored, limit int) error {
	prefix := m.Options.Prefix
	for full := true; full; {
		key := pageKey(prefix, len(m.Chunks))
		data, info, err := b.ReadAll(ctx, key, maxManifest)
		if errors.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		var p page
		if err := json.Unmarshal(data, &p); err != nil || p.First != len(m.Chunks) || len(p.Chunks) == 0 {
			return errs.New(errs.Corrupt, "found no page of a manifest that begins at chunk %d: %w", len(m.Chunks), err).
				At(errs.Position{File: b.Address() + "/" + key}).WithFix("--restart, or another --prefix")
		}
		for _, c := range p.Chunks {
			m.add(c)
		}
		if full = len(data) > limit; full {
			s.first, s.page = len(m.Chunks), ""
		} else {
			s.first, s.page = p.First, info.Version
		}
	}
	return nil
}

// add enters a chunk.
func (m *Manifest) add(c Chunk) {
	m.Chunks = append(m.Chunks, c)
	m.Rows += c.Rows
	m.Skipped = c.End.Skipped
}

// enter notes a chunk whose files are in the store: in the manifest while that
// is small, else in a page.
func (w *work) enter(ctx context.Context, c Chunk) error {
	w.m.add(c)
	if w.at.bytes <= w.pageLimit() {
		return w.save(ctx)
	}
	b, err := json.MarshalIndent(page{First: w.at.first, Chunks: w.m.Chunks[w.at.first:]}, "", " ")
	if err != nil {
		panic(err) // numbers and texts only
	}
	b = append(b, '\n')
	info, err := w.put(ctx, pageKey(w.opt.Prefix, w.at.first), b, w.at.page)
	if err != nil {
		return err
	}
	if w.at.page = info.Version; len(b) > w.pageLimit() {
		w.at.first, w.at.page = len(w.m.Chunks), ""
	}
	return nil
}

func (w *work) pageLimit() int {
	if w.pages > 0 {
		return w.pages
	}
	return pageBytes
}

// removePages removes all pages, the last first: those that are left after a
// crash begin where the manifest ends. Nothing of a page may be left when other
// chunks are entered in its place.
func (w *work) removePages(ctx context.Context) error {
	var keys []string
	for info, err := range w.Dest.List(ctx, pagesOf(w.opt.Prefix)) {
		if err != nil {
			return err
		}
		if isPage(info.Key, w.opt.Prefix) {
			keys = append(keys, info.Key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := len(b) - len(a); d != 0 {
			return d
		}
		return strings.Compare(b, a)
	})
	for _, key := range keys {
		if err := w.Dest.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}
