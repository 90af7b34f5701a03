package memcap

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain is also the child: it does what MEMCAP_CHILD says.
func TestMain(m *testing.M) {
	what, arg, ok := strings.Cut(os.Getenv("MEMCAP_CHILD"), " ")
	if !ok {
		os.Exit(m.Run())
	}
	switch what {
	case "hold": // touches that many MiB
		n, _ := strconv.Atoi(arg)
		b := make([]byte, n<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // four polls of the watcher, which tells of none
		os.Stdout.Write(b[:1])
	case "cache": // fills the page cache: writes a file of 128 MiB and reads it
		f, err := os.Create(arg)
		if err != nil {
			os.Exit(3)
		}
		for range 128 {
			if _, err := f.Write(make([]byte, 1<<20)); err != nil {
				os.Exit(5)
			}
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			os.Exit(6)
		}
		if n, err := io.Copy(struct{ io.Writer }{io.Discard}, f); n != 128<<20 || err != nil {
			os.Exit(4)
		}
	case "hang":
		cmd := exec.Command("/bin/sleep", "1000") // a grandchild in a group of its own
		if cmd.Start() != nil || os.WriteFile(arg, nil, 0o600) != nil {
			os.Exit(7)
		}
		time.Sleep(1000 * time.Second) //nolint:forbidigo // hangs until it is killed
	case "exit":
		n, _ := strconv.Atoi(arg)
		os.Exit(n)
	}
	os.Exit(0)
}

func child(t *testing.T, what string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^$")
	cmd.Env = append(os.Environ(), "MEMCAP_CHILD="+what)
	return cmd
}

func TestWithinTheLimit(t *testing.T) {
	var out bytes.Buffer
	cmd := child(t, "hold 32")
	cmd.Stdout = &out
	r, err := Run(t.Context(), 96<<20, cmd)
	t.Logf("%+v", r)
	if err != nil || r.OOMKilled || out.String() != "\x01" {
		t.Fatalf("%v, %q", err, out.String())
	}
	if r.Peak < 32<<20 || r.Peak > 96<<20 {
		t.Errorf("peak %d of a child that holds 32 MiB", r.Peak)
	}
	if r.Anon < 32<<20 || r.Anon > r.Peak-1<<20 {
		t.Errorf("%d bytes beside files, of %d with 32 MiB held", r.Anon, r.Peak)
	}
	if r.Limited() && (r.GroupPeak < 32<<20 || r.GroupPeak > 96<<20) {
		t.Errorf("the group was charged %d", r.GroupPeak)
	}
}

func TestBeyondTheLimitIsKilled(t *testing.T) {
	r, err := Run(t.Context(), 64<<20, child(t, "hold 200"))
	t.Logf("%+v", r)
	if !r.Limited() {
		if err != nil || r.Peak < 200<<20 {
			t.Errorf("only watched: %v, peak %d", err, r.Peak)
		}
		t.Skip("no control group may be made here: run as root to see the kernel kill")
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !r.OOMKilled {
		t.Errorf("got %v, killed %v", err, r.OOMKilled)
	}
}

func TestPageCacheIsReclaimedNotKilledFor(t *testing.T) {
	dir, err := os.MkdirTemp(".", "cache-") // on a disk, which a temporary directory need not be
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	r, err := Run(t.Context(), 48<<20, child(t, "cache "+filepath.Join(dir, "file")))
	t.Logf("%+v", r)
	if err != nil || r.OOMKilled {
		t.Errorf("a file larger than the limit: %v, killed %v", err, r.OOMKilled)
	}
	if r.Limited() && r.GroupPeak < 32<<20 {
		t.Errorf("the group was charged %d: the cache went elsewhere, and the test says nothing", r.GroupPeak)
	}
}

func TestExitCodePasses(t *testing.T) {
	var exit *exec.ExitError
	if _, err := Run(t.Context(), 64<<20, child(t, "exit 3")); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("got %v", err)
	}
	if _, err := Run(t.Context(), 64<<20, exec.Command("no-such-command-here")); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestCancelKillsAllAndCleansUp(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for {
			if _, err := os.Stat(started); err == nil || ctx.Err() != nil {
				cancel()
				return
			}
			time.Sleep(time.Millisecond) //nolint:forbidigo // for a file of another process
		}
	}()
	if _, err := Run(ctx, 64<<20, child(t, "hang "+started)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := groups(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
