package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// TestStatusOfEveryVerb asks every verb for --json, once for success and once
// for failure: the last line of stdout is one object that names its schema.
func TestStatusOfEveryVerb(t *testing.T) {
	s := newShell(t)
	s.write("a.csv", flights(2000))
	for _, c := range []struct {
		line string
		exit int
	}{
		{"train --data a.csv --target y --leave class -o model", 0},
		{"train --data a.csv --target y --leave class --seed 9 -o model", 1},
		{"train --data a.csv --target y -o model2 --memory 1MiB", 3},
		{"train --data a.csv --target y --holdout 7 -o model2", 2},
		{"train --data a.csv --target y --leave class --dry-run", 0},
		{"chunk a.csv out", 0},
		{"chunk none.csv out", 1},
		{"chunk a.csv out3 --dry-run", 0},
		{"transform --model model --data a.csv numbers", 0},
		{"transform --model none --data a.csv numbers", 1},
		{"score --model model --data a.csv", 0},
		{"score --model model --data none.csv", 1},
		{"predict --model model --data a.csv -o p.csv", 0},
		{"predict --model model --set small=1,wide=2,hole=3,city=Oslo", 0},
		{"predict --model model", 2},
		{"model show model", 0},
		{"runs ls", 0},
		{"runs show last", 0},
		{"doctor", 0},
		{"version", 0},
		{"tour --memory 8MiB --fast", 3},
		{"repo create lab", 0},
		{"repo create lab", 1},
		{"repo ls lab", 0},
		{"repo ls none", 1},
		{"repo log lab@none", 1},
		{"repo diff lab", 2},
		{"repo tag lab v1", 0},
		{"repo tag lab v1", 1},
		{"array stat lab#/x", 1},
	} {
		o := s.run(append(strings.Fields(c.line), "--json")...)
		if o.exit != c.exit {
			t.Errorf("%s: exit %d, expected %d\n%s", c.line, o.exit, c.exit, o.stderr)
			continue
		}
		lines := strings.Split(strings.TrimSuffix(o.stdout, "\n"), "\n")
		var status struct {
			Schema    string
			OK        *bool
			Exit      int
			Error     string
			NeedBytes int64 `json:"need_bytes"`
		}
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &status); err != nil || !strings.HasPrefix(status.Schema, "outcore.") {
			t.Errorf("%s: the last line is no status object with a schema: %v\n%.300s", c.line, err, lines[len(lines)-1])
			continue
		}
		if status.OK != nil && (*status.OK != (c.exit == 0) || status.Exit != c.exit || (status.Error == "") != (c.exit == 0) || (status.NeedBytes > 0) != (c.exit == 3)) {
			t.Errorf("%s: status %s", c.line, lines[len(lines)-1])
		}
		if status.OK == nil && c.exit != 0 {
			t.Errorf("%s: a failure without ok and error: %s", c.line, lines[len(lines)-1])
		}
	}
}

func TestQuietIsQuiet(t *testing.T) {
	s := newShell(t)
	s.write("a.csv", flights(2000))
	for _, line := range []string{
		"chunk a.csv out --quiet",
		"train --data a.csv --target y --leave class -o model --quiet",
		"score --model model --data a.csv --quiet",
		"predict --model model --data a.csv -o p.csv --quiet",
	} {
		if o := s.run(strings.Fields(line)...); o.exit != 0 || o.stderr != "" {
			t.Errorf("%s: exit %d, says %q", line, o.exit, o.stderr)
		}
	}
	if o := s.must("chunk", "a.csv", "out2"); strings.Contains(o.stderr, "\x1b") || strings.Contains(o.stdout, "\x1b") {
		t.Errorf("control sequences without a terminal: %q", o.stderr)
	}
}

// TestHelpOfEveryVerb: each has examples that begin with its own name and whose
// flags it has, and what it prints fits 80 columns.
func TestHelpOfEveryVerb(t *testing.T) {
	p := &program{stdout: os.Stdout, stderr: os.Stderr}
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" {
			return
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
		if !c.HasParent() {
			return
		}
		if c.Short == "" || utf8.RuneCountInString(c.Short) > 80 {
			t.Errorf("%s: Short %q", c.CommandPath(), c.Short)
		}
		if !strings.Contains(c.Example, c.CommandPath()) {
			t.Errorf("%s: no example", c.CommandPath())
		}
		for line := range strings.Lines(c.Long + "\n" + c.UsageString()) {
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > 80 {
				t.Errorf("%s: a line of %d columns: %s", c.CommandPath(), n, line)
			}
		}
		for line := range strings.Lines(strings.ReplaceAll(c.Example, "\\\n", "")) {
			words := readByShell(t, line)
			fresh := (&program{stdout: os.Stdout, stderr: os.Stderr}).root()
			verb, args, err := fresh.Find(words[1:])
			if err == nil {
				err = verb.ParseFlags(args)
			}
			if err != nil {
				t.Errorf("%s: example %s: %v", c.CommandPath(), line, err)
			}
		}
	}
	visit(p.root())
}

// readByShell gives the words of a command, without what goes to a file.
func readByShell(t *testing.T, line string) []string {
	t.Helper()
	command, _, _ := strings.Cut(line, " > ")
	out, err := exec.Command("sh", "-c", `printf '%s\n' `+command).Output()
	if err != nil {
		t.Fatal(line, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func TestCompletionOfEveryShell(t *testing.T) {
	s := newShell(t)
	for _, name := range []string{"bash", "zsh", "fish"} {
		if o := s.run("completion", name); o.exit != 0 || !strings.Contains(o.stdout, "outcore") {
			t.Errorf("%s: exit %d, %d bytes", name, o.exit, len(o.stdout))
		}
	}
	if o := s.must("__complete", "tr"); !strings.Contains(o.stdout, "train") || !strings.Contains(o.stdout, "transform") {
		t.Errorf("tr completes to %q", o.stdout)
	}
	s.write("a.csv", []byte("x,y\n1,2\n"))
	s.must("chunk", "a.csv", "b 'c'")
	for _, c := range []struct{ line, want string }{
		{"chunk --layout ", "npz-csr"}, {"train --format ", "svmlight"}, {"chunk --log-level ", "warn"}, {"runs show ", "last"},
	} {
		if o := s.must(append([]string{"__complete"}, strings.Split(c.line, " ")...)...); !strings.Contains(o.stdout, c.want) {
			t.Errorf("%s completes to %q", c.line, o.stdout)
		}
	}
	if o := s.must("runs", "show", "last"); !strings.Contains(o.stdout, `command  outcore chunk a.csv 'b '\''c'\'''`+"\n") {
		t.Errorf("a command that cannot be pasted:\n%s", o.stdout)
	}
}

// TestWithoutALogWorkGoesOn: the log of runs is a service, not a condition.
func TestWithoutALogWorkGoesOn(t *testing.T) {
	s := newShell(t)
	s.write("a.csv", []byte("x,y\n1,2\n"))
	s.write("file", nil)
	s.env = []string{"OUTCORE_HOME=" + filepath.Join(s.dir, "file", "home")} // no one can write below a file
	if o := s.run("chunk", "a.csv", "out"); o.exit != 0 || !strings.Contains(o.stderr, "this run is not logged") {
		t.Errorf("exit %d\n%s", o.exit, o.stderr)
	}
}

// TestWhatMayNotBeRead runs as nobody, who may neither read nor write here.
func TestWhatMayNotBeRead(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED: only root can run the program as somebody else")
	}
	s := newShell(t)
	s.write("a.csv", flights(500))
	s.must(strings.Fields("train --data a.csv --target y --leave class -o model --quiet")...)
	s.as = &syscall.Credential{Uid: 65534, Gid: 65534}
	s.open()
	secret := filepath.Join(s.dir, "secret.csv")
	s.write("secret.csv", []byte("x\n1\n"))
	if err := os.Chmod(secret, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"chunk secret.csv out",
		"chunk a.csv out",
		"train --data a.csv --target y --leave class -o model2",
		"train --data a.csv --target y --leave class -o model --overwrite",
		"predict --model model --data a.csv -o p.csv",
		"transform --model model --data a.csv numbers",
	} {
		o := s.run(append(strings.Fields(line), "--quiet")...)
		if o.exit != 1 || !strings.Contains(o.stderr, "permission denied") || !strings.Contains(o.stderr, "outcore: ") {
			t.Errorf("%s: exit %d\n%s", line, o.exit, o.stderr)
		}
	}
}

// open lets everybody come to the directory and to the test's own program, and
// write the log.
func (s *shell) open() {
	s.t.Helper()
	home := strings.TrimPrefix(s.env[0], "OUTCORE_HOME=")
	if err := os.Chmod(home, 0o777); err != nil {
		s.t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(home, "runs")); err != nil {
		s.t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, path := range []string{s.dir, exe} {
		for dir := filepath.Dir(path); strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}
