package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/run"
)

// A finding is one line of the doctor's.
type finding struct {
	What  string `json:"what"`
	Value string `json:"value"`
	OK    bool   `json:"ok"`
	Fix   string `json:"fix,omitempty"` // what to do when not OK
}

func (p *program) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "doctor",
		Short:   "Check this machine: memory limits, temporary disk, clock, versions",
		GroupID: "system",
		Example: "  outcore doctor\n  outcore doctor --temp /mnt/scratch --json",
		Args:    exactly(0, "none"),
		RunE: func(*cobra.Command, []string) error {
			found := p.examine()
			if p.json {
				return json.NewEncoder(p.stdout).Encode(struct {
					Schema   string    `json:"schema"`
					Findings []finding `json:"findings"`
				}{"outcore.doctor/v1", found})
			}
			bad := 0
			for _, f := range found {
				mark := "ok  "
				if !f.OK {
					mark, bad = "BAD ", bad+1
				}
				fmt.Fprintf(p.stdout, "%s %-18s %s\n", mark, f.What, f.Value)
				if !f.OK {
					fmt.Fprintf(p.stdout, "     %-18s fix: %s\n", "", f.Fix)
				}
			}
			if bad > 0 {
				return fmt.Errorf("%d of %d checks failed", bad, len(found))
			}
			return nil
		},
	}
}

// examine makes all checks.
func (p *program) examine() []finding {
	limit, from := memory.Limit()
	found := []finding{
		{"version", fmt.Sprintf("outcore %s, %s, %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH), true, ""},
		{"cores", fmt.Sprint(runtime.GOMAXPROCS(0)), true, ""},
		{"memory limit", fmt.Sprintf("%s (%s)", memory.FormatSize(limit), from), limit >= 256<<20, "give the machine or container at least 256 MiB"},
	}
	if b, err := memory.New(memory.Options{}); err == nil {
		found = append(found, finding{"default --memory", memory.FormatSize(b.Cap()), true, ""})
		b.Close()
	}
	found = append(found, p.examineTemp(), examineFiles(), examineState(), examineClock())
	return found
}

// examineTemp looks at where temporary files go: room, and that it is a disk.
func (p *program) examineTemp() finding {
	dir := p.temp
	if dir == "" {
		dir = os.TempDir()
	}
	f := finding{What: "temporary disk", Fix: "--temp DIR, on a disk with room"}
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		f.Value = fmt.Sprintf("%s: %v", dir, err)
		return f
	}
	free := int64(st.Bavail) * int64(st.Bsize)
	f.Value = fmt.Sprintf("%s, %s free", dir, memory.FormatSize(free))
	if inMemory(&st) {
		f.Value += ", in memory (tmpfs): what is put there counts against the memory limit"
		return f
	}
	f.OK = free >= 1<<30
	return f
}

// examineFiles looks at how many files may be open.
func examineFiles() finding {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return finding{"open files", err.Error(), false, "ulimit -n 1024"}
	}
	return finding{"open files", fmt.Sprint(r.Cur), r.Cur >= 256, "ulimit -n 1024"}
}

// examineState looks at whether the log of runs can be kept.
func examineState() finding {
	f := finding{What: "log of runs", Fix: "export OUTCORE_HOME=DIR, a directory that can be written"}
	home, err := run.Home()
	if err == nil {
		f.Value = home
		if err = os.MkdirAll(filepath.Join(home, "runs"), 0o755); err == nil {
			var t *os.File
			if t, err = os.CreateTemp(home, "doctor-*"); err == nil {
				t.Close()
				err = os.Remove(t.Name())
			}
		}
	}
	if err != nil {
		f.Value = err.Error()
		return f
	}
	f.OK = true
	return f
}

// examineClock looks at whether the clock is plausible: signatures of object
// stores need it right to minutes.
func examineClock() finding {
	now := time.Now()
	return finding{"clock", now.Format(time.RFC3339), now.Year() >= 2026 && now.Year() < 2100, "set the clock; object stores refuse requests from a wrong one"}
}
