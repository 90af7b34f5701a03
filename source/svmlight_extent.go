package source

import (
	"bytes"
	"context"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
)

// An extent is the smallest and largest index of some rows.
type extent struct {
	min, max int64
	pairs    bool // there is one pair at least
}

func (e *extent) merge(o extent) {
	switch {
	case !o.pairs:
	case !e.pairs:
		*e = o
	default:
		e.min, e.max = min(e.min, o.min), max(e.max, o.max)
	}
}

// extentOf looks at the first and last pair of each line, which hold its
// smallest and largest index when the line is right; lines that are not are
// reported by who parses them.
func extentOf(b []byte) (e extent) {
	for len(b) > 0 {
		j := bytes.IndexByte(b, '\n')
		line := b[:j]
		b = b[j+1:]
		if i := bytes.IndexByte(line, '#'); i >= 0 {
			line = line[:i]
		}
		if i := bytes.Index(line, []byte("qid:")); i >= 0 {
			line = line[i+4:]
		}
		first, last := bytes.IndexByte(line, ':'), bytes.LastIndexByte(line, ':')
		if first < 0 {
			continue
		}
		lo, ok := indexBefore(line, first)
		hi, ok2 := indexBefore(line, last)
		if ok && ok2 {
			e.merge(extent{lo, hi, true})
		}
	}
	return e
}

// indexBefore is the number whose digits end before b[colon].
func indexBefore(b []byte, colon int) (n int64, ok bool) {
	i := colon
	for i > 0 && b[i-1]-'0' <= 9 {
		i--
	}
	if i == colon || colon-i > 10 {
		return 0, false
	}
	for ; i < colon; i++ {
		n = n*10 + int64(b[i]-'0')
	}
	return n, true
}

// scanExtent reads all files of t and merges the extents of their segments.
func scanExtent(ctx context.Context, t *text) (all extent, err error) {
	scan := *t
	scan.maxRows = 1 << 62
	scan.pool = newBuffers(nil, scan.opt.SegmentBytes+4096)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	var mu sync.Mutex
	for seg, serr := range scan.Segments(ctx, Cursor{}) {
		if serr != nil {
			err = serr
			break
		}
		g.Go(func() error {
			s := seg.(*textSegment)
			e := extentOf(s.b)
			s.Discard()
			mu.Lock()
			defer mu.Unlock()
			all.merge(e)
			return nil
		})
	}
	if werr := g.Wait(); err == nil {
		err = werr
	}
	return all, err
}
