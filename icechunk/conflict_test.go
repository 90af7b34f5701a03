package icechunk_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/faultblob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/conflicts.txt anew")

func counted(b *blob.Bucket) *faultblob.Wrapped { return faultblob.Wrap(b) }

// TestConflicts plays testdata/conflicts.txt: a case begins at the same tree,
// commits what theirs did, and rebases what ours did.
//
//	case NAME
//	theirs VERB PATH [INDEX]
//	ours VERB PATH [INDEX]
//	solver ours|theirs [fail-on-delete] [fail-on-update]
//	----
//	what Commit with rebase says, and the tree after it
func TestConflicts(t *testing.T) {
	const file = "testdata/conflicts.txt"
	text, err := os.ReadFile(file)
	must(t, err)
	var out strings.Builder
	for i, c := range strings.Split("\n"+string(text), "\ncase ") {
		if i == 0 {
			out.WriteString(strings.TrimPrefix(c, "\n"))
			if c != "" {
				out.WriteByte('\n')
			}
			continue
		}
		script, want, ok := strings.Cut(c, "\n----\n")
		if !ok {
			t.Fatalf("case %q has no ----", c)
		}
		got := playCase(t, script)
		if want = strings.TrimSpace(want); !*rewrite && got != want {
			t.Errorf("case %s\ngot\n%s\nwant\n%s", script, got, want)
		}
		fmt.Fprintf(&out, "case %s\n----\n%s\n\n", script, got)
	}
	if *rewrite {
		must(t, os.WriteFile(file, []byte(strings.TrimSpace(out.String())+"\n"), 0o666))
	}
}

// playCase gives what came of a case.
func playCase(t *testing.T, script string) string {
	b := memory()
	r := create(t, b, icechunk.Options{Split: 2})
	s := session(t, r, "")
	for _, p := range []string{"/", "/g", "/g/h"} {
		must(t, s.SetMetadata(ctx, p, []byte(groupDoc)))
	}
	for _, p := range []string{"/a", "/g/b", "/g/h/c"} {
		must(t, s.SetMetadata(ctx, p, arrayDoc(1, 4)))
		must(t, s.PutChunk(ctx, p, []uint32{0}, []byte("base")))
	}
	_, err := s.Commit(ctx, "base")
	must(t, err)
	sessions := map[string]*icechunk.Session{"ours": session(t, r, ""), "theirs": session(t, r, "")}
	var solver icechunk.Solver
	lines := strings.Split(script, "\n")
	for _, line := range lines[1:] {
		w := strings.Fields(line)
		if w[0] == "solver" {
			solver = solverOf(w[1:])
			continue
		}
		must(t, act(sessions[w[0]], w[0], w[1], w[2:]))
	}
	_, err = sessions["theirs"].Commit(ctx, "theirs")
	must(t, err)
	was := describe(t, sessions["ours"])
	_, err = sessions["ours"].Commit(ctx, "ours", icechunk.WithRebase(solver))
	var conflict *icechunk.ConflictError
	if errors.As(err, &conflict) {
		if !errors.Is(err, errs.Conflict) {
			t.Fatalf("%v is no errs.Conflict", err)
		}
		if is := describe(t, sessions["ours"]); is != was {
			t.Fatalf("a rebase that failed made of\n%s\nthis\n%s", was, is)
		}
		var list []string
		for _, c := range conflict.Conflicts {
			list = append(list, c.String())
		}
		return strings.Join(list, "\n")
	}
	must(t, err)
	return describe(t, sessions["ours"])
}

func solverOf(words []string) (s icechunk.Solver) {
	for _, w := range words {
		switch w {
		case "ours":
			s.Chunks = icechunk.Ours
		case "theirs":
			s.Chunks = icechunk.Theirs
		case "fail-on-delete":
			s.FailOnDeleteOfUpdated = true
		case "fail-on-update":
			s.FailOnUpdateOfDeleted = true
		}
	}
	return s
}

// act does one line of a case.
func act(s *icechunk.Session, who, verb string, args []string) error {
	index := func() []uint32 {
		return indexOf(args[1])
	}
	switch verb {
	case "group":
		return s.SetMetadata(ctx, args[0], fmt.Appendf(nil, `{"zarr_format":3,"node_type":"group","attributes":{"by":%q}}`, who))
	case "array":
		return s.SetMetadata(ctx, args[0], append(arrayDoc(1, 4), strings.Repeat(" ", len(who))...))
	case "resize":
		return s.SetMetadata(ctx, args[0], arrayDoc(1, int(index()[0])))
	case "delete":
		return s.DeleteNode(ctx, args[0])
	case "write":
		return s.PutChunk(ctx, args[0], index(), []byte(who))
	case "clear":
		return s.DeleteChunk(ctx, args[0], index())
	}
	return fmt.Errorf("unknown verb %q", verb)
}

// describe is a line a node with its chunks.
func describe(t *testing.T, s *icechunk.Session) string {
	var lines []string
	for n, err := range s.Nodes(ctx, "/") {
		must(t, err)
		line := n.Path
		if strings.Contains(string(n.Doc), `"by":"ours"`) {
			line += " by ours"
		}
		if strings.Contains(string(n.Doc), `"by":"theirs"`) {
			line += " by theirs"
		}
		if n.Array {
			for e, err := range s.Chunks(ctx, n.Path) {
				must(t, err)
				line += fmt.Sprintf(" %d:%s", e.Index[0], get(t, s, n.Path, e.Index...))
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
