package train

import (
	"context"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/ml"
	"github.com/outcore/outcore/source"
)

// reserve makes a job's one reservation and fills pool with it.
func reserve(ctx context.Context, b *memory.Budget, pool *source.Pool, need int64) (func(), error) {
	if b == nil {
		return nil, errs.New(errs.Invalid, "train: no memory budget")
	}
	r, err := b.Reserve(ctx, need, "training")
	if err != nil {
		return nil, err
	}
	if pool != nil {
		pool.Fill(r)
	}
	return func() {
		if pool != nil {
			pool.Fill(nil)
		}
		r.Release()
	}, nil
}

func (c *Config) reserve(ctx context.Context, need int64) (func(), error) {
	return reserve(ctx, c.Budget, c.Pool, need)
}

// need is the bytes a run holds at its peak: the segments in flight with the
// frames made of them, the batches between cutter and fold, and the model with
// the copy a checkpoint makes (docs/memory.md).
func (t *trainer) need() int64 {
	d := int64(len(t.feed.asm.Schema().Fields))
	batch := int64(max(t.Batch, ml.BlockRows)) * d * 8 * 2
	return streamed(t.Data, t.Jobs, batch) + 4*d*8
}

func (c *ScoreConfig) need() int64 {
	d := int64(len(c.Roles.Inputs))
	return streamed(c.Data, c.Jobs, ml.BlockRows*d*8*2)
}

// streamed is the bytes of one stream: what decompression holds, decodeWindow
// segments and their frames, batchWindow batches.
func streamed(ds source.Dataset, jobs int, batch int64) int64 {
	n := int64(decodeWindow(jobs))*ds.Cost() + int64(batchWindow(jobs))*batch
	if b, ok := ds.(source.Based); ok {
		n += b.Base()
	}
	return n
}
