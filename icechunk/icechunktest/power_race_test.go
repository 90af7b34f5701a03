package icechunktest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/outcore/outcore/blob/powerblob"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/internal/torture"
)

// A promise is a commit of one writer, between two moments of the disk.
type promise struct {
	id         format.ObjectID
	began, end int
}

// TestPowerLossWhileOthersCommit lets writers commit to branches of their own at
// once: at every moment each branch is where its writer was told, or where it was
// going, and what it has can be read.
func TestPowerLossWhileOthersCommit(t *testing.T) {
	t.Parallel()
	const writers, commits = 3, 3
	rng := torture.Rand(t)
	for range torture.Rounds(1, 20) {
		disk := powerblob.New()
		r, err := icechunk.Create(ctx, disk.Bucket, icechunk.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for w := range writers {
			if err := r.CreateBranch(ctx, fmt.Sprint("b", w), format.InitialSnapshot); err != nil {
				t.Fatal(err)
			}
		}
		start := disk.Moments()
		var promises [writers][]promise
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				var err error
				if promises[w], err = commitMany(disk, fmt.Sprint("b", w), commits); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			})
		}
		wg.Wait()
		n, bad := 0, 0
		for moment := start; moment <= disk.Moments() && bad < 5; moment++ {
			for state := range disk.States(moment, torture.Rounds(5, 100), rng) {
				n++
				if err := kept(state, moment, promises[:]); err != nil {
					bad++
					t.Errorf("power lost at moment %d, left %v: %v", moment, state, err)
				}
			}
		}
		t.Logf("%d moments, %d states, %d wrong", disk.Moments()-start, n, bad)
	}
}

func commitMany(disk *powerblob.Disk, branch string, n int) (list []promise, err error) {
	r, err := icechunk.Open(ctx, disk.Open(), icechunk.Options{})
	if err != nil {
		return nil, err
	}
	for i := range n {
		p := promise{began: disk.Moments()}
		s, err := r.Session(ctx, branch)
		if err != nil {
			return list, err
		}
		err = errors.Join(
			s.SetMetadata(ctx, fmt.Sprintf("/%s-%d", branch, i), []byte(largeChunks)),
			s.PutChunk(ctx, fmt.Sprintf("/%s-%d", branch, i), []uint32{1}, make([]byte, 600)),
		)
		if err != nil {
			return list, err
		}
		if p.id, err = s.Commit(ctx, fmt.Sprint(i)); err != nil {
			return list, err
		}
		p.end = disk.Moments()
		list = append(list, p)
	}
	return list, nil
}

// kept checks the promises that were made by a moment.
func kept(state powerblob.State, moment int, promises [][]promise) error {
	r, err := icechunk.Open(ctx, state.Bucket(), icechunk.Options{})
	if err != nil {
		return err
	}
	for w, list := range promises {
		found, err := r.Resolve(ctx, fmt.Sprint("b", w))
		if err != nil {
			return err
		}
		last, next := format.InitialSnapshot, format.InitialSnapshot
		for _, p := range list {
			if p.end <= moment {
				last, next = p.id, p.id
			} else if p.began <= moment {
				next = p.id
			}
		}
		if found != last && found != next {
			return fmt.Errorf("branch %d is at %s, want %s or %s", w, found, last, next)
		}
	}
	for f, err := range r.Check(ctx, "", true) {
		if err != nil {
			return err
		}
		return fmt.Errorf("%+v", f)
	}
	return nil
}
