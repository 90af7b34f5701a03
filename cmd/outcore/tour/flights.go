package tour

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/outcore/outcore/blob"
	_ "github.com/outcore/outcore/blob/fileblob" // chunks go to a local directory
	"github.com/outcore/outcore/chunk"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
)

//go:embed data/flights.csv.gz
var flights []byte

// numeric are the number columns of the flights, in their order.
var numeric = []string{
	"month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time",
	"sched_arr_time", "arr_delay", "air_time", "distance", "hour", "minute",
}

// chunkRows is the rows of one chunk file: 4.6 MiB of float32.
const chunkRows = 100_000

// overBudget is how many times the budget the decoded data are, unless asked otherwise.
const overBudget = 4.3

// data sets rows aside for testing, and replays and chunks the others.
func (t *tour) data(ctx context.Context) error {
	if err := t.split(); err != nil {
		return err
	}
	rowBytes := int64(len(numeric) * dtype.Float32.Size())
	if t.Replays == 0 {
		t.Replays = int(overBudget*float64(t.Budget.Cap())/float64(t.rows*rowBytes)) + 1
	}
	t.result.Rows = t.rows * int64(t.Replays)
	t.result.Decoded = t.result.Rows * rowBytes
	t.result.Ratio = float64(t.result.Decoded) / float64(t.Budget.Cap())
	t.step(1, "Data", "New York flights 2013 (CC0), %s real rows, shipped. %s set aside for testing.", count(t.rows+t.tested), count(t.tested))
	t.more("%s training rows replayed %dx -> %s rows, %s decoded: %.1fx the budget.",
		count(t.rows), t.Replays, count(t.result.Rows), memory.FormatSize(t.result.Decoded), t.result.Ratio)

	begin := time.Now()
	text, err := os.Stat(t.paths.train)
	if err != nil {
		return err
	}
	r, err := t.chunk(ctx)
	if err != nil {
		return err
	}
	t.chunks = r.Digest
	took := time.Since(begin).Seconds()
	t.more("chunk    %s rows · %d chunks · %.1f s · %s of text · peak %s", millions(r.Rows), r.Chunks, took,
		rate(text.Size()*int64(t.Replays), took), memory.FormatSize(t.watch.peak("Data")))
	return nil
}

// chunk makes chunk files of the training rows.
func (t *tour) chunk(ctx context.Context) (*chunk.Result, error) {
	if err := os.RemoveAll(t.paths.chunks); err != nil {
		return nil, err
	}
	addresses := make([]string, t.Replays)
	for i := range addresses {
		addresses[i] = t.paths.train
	}
	pool := &source.Pool{}
	ds, err := source.Open(ctx, addresses, source.Options{Columns: numeric, Types: float(numeric), Workers: t.Jobs, Memory: pool, Events: t.Events})
	if err != nil {
		return nil, err
	}
	defer ds.Close()
	dest, err := blob.Open(ctx, t.paths.chunks)
	if err != nil {
		return nil, err
	}
	defer dest.Close()
	return chunk.Job{
		Data: timed{ds, t.clock}, Pool: pool, Dest: dest, Jobs: t.Jobs, Budget: t.Budget, Events: t.Events,
		Options: chunk.Options{Rows: chunkRows, Layout: "npz", DType: dtype.Float32, Prefix: "flights", Compress: "none"},
	}.Run(ctx)
}

// float says that columns are numbers with missing ones, whatever a sample shows.
func float(names []string) map[string]string {
	types := map[string]string{}
	for _, n := range names {
		types[n] = "float64"
	}
	return types
}

// split writes the shipped rows to two files: every fifth is for testing.
func (t *tour) split() error {
	z, err := gzip.NewReader(bytes.NewReader(flights))
	if err != nil {
		return errs.New(errs.Corrupt, "the flights inside the program are damaged: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(t.paths.train), 0o777); err != nil {
		return err
	}
	train, err := os.Create(t.paths.train)
	if err != nil {
		return err
	}
	defer train.Close()
	test, err := os.Create(t.paths.test)
	if err != nil {
		return err
	}
	defer test.Close()
	tw, sw := bufio.NewWriter(train), bufio.NewWriter(test)
	lines := bufio.NewReader(z)
	for i := int64(-1); ; i++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return errs.New(errs.Corrupt, "the flights inside the program are damaged: %w", err)
		}
		switch {
		case i < 0: // the header
			tw.Write(line)
			sw.Write(line)
		case i%5 == 4:
			sw.Write(line)
			t.tested++
		default:
			tw.Write(line)
			t.rows++
		}
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("tour: %w", err)
	}
	return sw.Flush()
}
