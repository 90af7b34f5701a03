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

	_ "github.com/outcore/outcore/blob/fileblob" // the repository is in a local directory
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

// Rows of a chunk: 1 MiB of a column and 12 MiB of all; where the budget has no
// room for that, and where many commits are wanted, half of it.
const (
	chunkRows = 1 << 18
	fewRows   = 1 << 17
	testRows  = 1 << 13
)

// fewBelow is the budget below which chunks hold fewRows.
const fewBelow = 192 << 20

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

	text, err := os.Stat(t.paths.train)
	if err != nil {
		return err
	}
	if err := t.newLab(ctx); err != nil {
		return err
	}
	tested, err := t.chunk(ctx, t.paths.test, 1, testNode, testRows)
	if err != nil {
		return err
	}
	rows := chunkRows
	if t.Budget.Cap() < fewBelow {
		rows = fewRows
	}
	begin := time.Now()
	r, err := t.chunk(ctx, t.paths.train, t.Replays, trainNode, rows)
	if err != nil {
		return err
	}
	took := time.Since(begin).Seconds()
	before, err := t.lab.Resolve(ctx, tested.Snapshot)
	if err != nil {
		return err
	}
	if t.lab.data, err = t.lab.Resolve(ctx, r.Snapshot); err != nil {
		return err
	}
	t.result.Lab, t.result.Data = t.paths.lab, r.Snapshot
	chunks, err := t.lab.chunksOf(ctx, before, t.lab.data)
	if err != nil {
		return err
	}
	t.more("chunk    %s rows · %s chunks, one transaction · %.1f s · %s of text · peak %s", millions(r.Rows), count(chunks), took,
		rate(text.Size()*int64(t.Replays), took), memory.FormatSize(t.watch.peak("Data")))
	t.committed(t.lab.data, trainNode+" in the repository "+t.paths.lab)
	return nil
}

// chunk makes a table of the rows of a file, read so many times, in one commit.
func (t *tour) chunk(ctx context.Context, file string, times int, node string, rows int) (*chunk.NodeResult, error) {
	addresses := make([]string, times)
	for i := range addresses {
		addresses[i] = file
	}
	pool := &source.Pool{}
	ds, err := source.Open(ctx, addresses, source.Options{Columns: numeric, Types: map[string]string{"*": numberType}, Workers: t.Jobs, Memory: pool, Events: t.Events})
	if err != nil {
		return nil, err
	}
	defer ds.Close()
	return chunk.NodeJob{
		Job:        chunk.Job{Data: t.clock.timed(ds), Pool: pool, Jobs: t.Jobs, Budget: t.Budget, Events: t.Events},
		Repository: t.lab.Repository, Path: node,
		Node: chunk.NodeOptions{Layout: chunk.TableLayout, ChunkRows: rows, Compress: compress, CommitEvery: 1 << 20},
	}.Run(ctx)
}

// The columns are numbers with missing ones, whatever a sample shows. Rows that
// are replayed compress far better than rows that are not, so they are stored
// as they are: what is read is what is there.
const (
	numberType = "float32"
	compress   = "none"
)

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
