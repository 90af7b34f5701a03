package chunk

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/outcore/outcore/blob/faultblob"
	"github.com/outcore/outcore/memory"
)

// TestChunksAreSentAtOnce has an object store that answers nobody until eight
// chunks were sent to it by a job of one worker.
func TestChunksAreSentAtOnce(t *testing.T) {
	var mu sync.Mutex
	waiting := 0
	all := make(chan struct{})
	w := faultblob.Wrap(emptyRepository(t), faultblob.Fault{Op: faultblob.Put, Do: func(ctx context.Context) error {
		mu.Lock()
		if waiting++; waiting == mostSending {
			close(all)
		}
		mu.Unlock()
		select {
		case <-all:
			return nil
		case <-time.After(20 * time.Second):
			return errors.New("fewer were sent at once")
		}
	}})
	s := nodeSetup{from: []string{tableText(t, 3000)}, node: NodeOptions{ChunkRows: 256, CommitEvery: 100}, jobs: 1}
	if r, err := s.run(t, w.Bucket); err != nil || r.Rows != 3000 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestLittleMemorySendsLess gives a job less and less memory, down to what it
// takes to send one chunk after the other.
func TestLittleMemorySendsLess(t *testing.T) {
	s := nodeSetup{from: []string{tableText(t, 3000)}, node: NodeOptions{ChunkRows: 256}, jobs: 1}
	much, err := s.run(t, emptyRepository(t))
	if err != nil {
		t.Fatal(err)
	}
	for s.cap = much.Need - 1<<20; ; s.cap -= 8 << 20 {
		less, err := s.run(t, emptyRepository(t))
		var refused *memory.RefusedError
		if errors.As(err, &refused) {
			if refused.Need > much.Need/4*3 {
				t.Errorf("refused with %s, needs %s where there is more", memory.FormatSize(refused.Need), memory.FormatSize(much.Need))
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if less.Need > s.cap {
			t.Errorf("needs %d with a cap of %d", less.Need, s.cap)
		}
	}
}
