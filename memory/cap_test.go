package memory_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/internal/memcap"
	"github.com/outcore/outcore/memory"
)

const testCap = 128 << 20

// TestMain is also the child of TestTheCapHolds.
func TestMain(m *testing.M) {
	if kind := os.Getenv("MEMORY_CHILD"); kind != "" {
		if err := useItAll(kind); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// useItAll takes the whole room of a budget in one way, in three jobs.
func useItAll(kind string) error {
	b, err := memory.New(memory.Options{Cap: testCap})
	if err != nil {
		return err
	}
	defer b.Close()
	for job := range 3 {
		r, err := b.Reserve(context.Background(), b.Room(), kind)
		if err != nil {
			return err
		}
		room := b.Room()
		switch kind {
		case "slabs of changing sizes":
			for size := 64<<10 + job<<18; size < 8<<20; size *= 4 {
				if err := fillSlabs(r, room, size); err != nil {
					return err
				}
			}
		case "half slabs, half heap":
			heap := make([][]byte, 0, room*2/5>>16) // times 1.25, as docs/memory.md asks: the other half
			for range cap(heap) {
				heap = append(heap, filled(1<<16))
			}
			if err := fillSlabs(r, room/2, 1<<20); err != nil {
				return err
			}
			churn(256 << 20)
			heap[0][0]++
		case "garbage beside slabs":
			s, err := r.Slab(int(room) * 7 / 8)
			if err != nil {
				return err
			}
			fill(s.Bytes())
			churn(256 << 20)
			s.Release()
		case "slabs after garbage": // nothing but the new slabs tells the collector to work
			if err := fillSlabs(r, room/8, 1<<20); err != nil {
				return err
			}
			churn(int(room) * 2)
			if err := fillSlabs(r, room, 4<<20); err != nil {
				return err
			}
		}
		r.Release()
	}
	return nil
}

var sink []byte

// churn makes n bytes of garbage.
func churn(n int) {
	for range n >> 16 {
		sink = filled(1 << 16)
	}
}

func fill(b []byte) {
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
}

func filled(n int) []byte {
	b := make([]byte, n)
	fill(b)
	return b
}

// fillSlabs holds room bytes in slabs of size at once.
func fillSlabs(r *memory.Reservation, room int64, size int) error {
	var slabs []*memory.Slab
	defer func() {
		for _, s := range slabs {
			s.Release()
		}
	}()
	for ; room >= memory.SlabSize(int64(size)); room -= memory.SlabSize(int64(size)) {
		s, err := r.Slab(size)
		if err != nil {
			return err
		}
		fill(s.Bytes())
		slabs = append(slabs, s)
	}
	return nil
}

// TestTheCapHolds runs jobs that use all they may under a limit of 1.1 × cap.
func TestTheCapHolds(t *testing.T) {
	if memory.RaceEnabled {
		t.Skip("the race detector keeps shadow memory")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"slabs of changing sizes", "half slabs, half heap", "garbage beside slabs", "slabs after garbage"} {
		t.Run(kind, func(t *testing.T) {
			cmd := exec.Command(exe)
			cmd.Env = append(os.Environ(), "MEMORY_CHILD="+kind)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			r, err := memcap.Run(ctx, testCap*11/10, cmd)
			t.Logf("%s: peak %s of %s in %v, killed %v", r.Method, memory.FormatSize(r.Peak), memory.FormatSize(testCap), r.Elapsed, r.OOMKilled)
			if err != nil || r.Peak > testCap*11/10 {
				t.Errorf("%v %s", err, &stderr)
			}
			if r.Peak < testCap/2 {
				t.Errorf("the job used only %s: the test says nothing", memory.FormatSize(r.Peak))
			}
		})
	}
}

func ExampleBudget() {
	b, err := memory.New(memory.Options{Cap: 256 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	_, err = b.Reserve(context.Background(), 300<<20, "sort flights.csv")
	var refused *memory.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(memory.FormatSize(refused.Need))
	}
	r, err := b.Reserve(context.Background(), 100<<20, "chunk flights.csv")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Release()
	s, err := r.Slab(8 << 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Release()
	fmt.Println(len(s.Bytes()), "of", r.Free())
	// Output:
	// 323 MiB
	// 8388608 of 96468992
}
