package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/source"
)

// NewModel is what Run learned as it is stored. addresses name the data as the
// user gave them, program says who learned. Nothing in it is of this machine or
// this hour, so the same training gives the same bytes.
func NewModel(ctx context.Context, c Config, r *Result, addresses []string, program string) (*compose.Model, error) {
	digest, err := dataDigest(ctx, c.Data)
	if err != nil {
		return nil, err
	}
	batch := c.Batch
	if batch == 0 {
		batch = defaultBatch
	}
	m := &compose.Model{
		Pipeline: c.Pipeline,
		Target:   compose.Target{Name: c.Roles.Target, Classes: c.Pipeline.Classifier()},
		Training: compose.Training{
			Rows: r.Trained, Epochs: len(r.Epochs), Batch: batch, Seed: c.Seed, Holdout: c.Holdout,
			Weight: c.Roles.Weight, Online: c.Online, Scores: r.Score, Baseline: r.Baseline,
		},
		Data:    []compose.Data{{Address: strings.Join(addresses, " "), Digest: digest, Rows: r.Rows}},
		Lineage: compose.Lineage{Program: program},
	}
	if n := len(r.Epochs); n > 0 {
		m.Training.Progressive = map[string]compose.Score{"loss": r.Epochs[n-1].Loss}
	}
	return m, nil
}

// Made reports whether m is what Run would make of c: of the same pipeline,
// columns and options, from the same data.
func Made(ctx context.Context, m *compose.Model, c Config, addresses []string) (bool, error) {
	t, err := newTrainer(&c)
	if err != nil {
		return false, err
	}
	want, err := NewModel(ctx, c, &Result{}, addresses, "")
	if err != nil {
		return false, err
	}
	a, b := m.Training, want.Training
	return m.Pipeline.String() == c.Pipeline.String() && m.Target.Name == want.Target.Name &&
		slices.Equal(m.Pipeline.Input().Fields, t.feed.asm.Schema().Fields) &&
		a.Epochs == t.epochs() && a.Batch == b.Batch && a.Seed == b.Seed && a.Holdout == b.Holdout && a.Weight == b.Weight && a.Online == b.Online &&
		len(m.Data) == 1 && m.Data[0].Address == want.Data[0].Address && m.Data[0].Digest == want.Data[0].Digest && m.Data[0].Digest != "", nil
}

// epochs is how many epochs a run that comes to its end makes.
func (t *trainer) epochs() int {
	if t.Pipeline.Learner() == nil {
		return 0
	}
	return t.Epochs
}

// edge is how much of the start and the end of a file its digest looks at.
const edge = 64 << 10

// dataDigest is the sha256 over the files' names, sizes, first and last 64 KiB:
// enough to tell other data, at no cost for any size. Standard input has none;
// that of a node in a repository is its snapshot.
func dataDigest(ctx context.Context, ds source.Dataset) (string, error) {
	h := sha256.New()
	buckets := map[string]*blob.Bucket{}
	defer func() {
		for _, b := range buckets {
			b.Close()
		}
	}()
	for _, f := range ds.Files() {
		fmt.Fprintf(h, "%s\x00%d\n", path.Base(f.Address), f.Size)
		if f.Size < 0 {
			return "", nil
		}
		a, err := blob.ParseAddress(f.Address)
		if err != nil {
			return "", err
		}
		if a.Node != "" { // a snapshot never changes
			return f.Version, nil
		}
		dir, key := a.Split()
		b := buckets[dir.String()]
		if b == nil {
			if b, err = blob.OpenAddress(ctx, dir); err != nil {
				return "", err
			}
			buckets[dir.String()] = b
		}
		if err := hashEdges(ctx, h, b, key); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashEdges(ctx context.Context, h io.Writer, b *blob.Bucket, key string) error {
	r, info, err := b.ReaderAt(ctx, key)
	if err != nil {
		return err
	}
	defer r.Close()
	first := min(info.Size, edge)
	if _, err := io.Copy(h, io.NewSectionReader(r, 0, first)); err != nil {
		return err
	}
	_, err = io.Copy(h, io.NewSectionReader(r, max(first, info.Size-edge), edge))
	return err
}
