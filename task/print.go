package task

import (
	"fmt"
	"strings"
)

// String prints one line an entry, in the order they were added:
//
//	parse[1000] = demo.parse/v1({"Part":<i>})
//	sum = demo.sum/v1({"Counts":<parse[:]>}) after check
func (g *Graph) String() string {
	var b strings.Builder
	for i := range g.tasks {
		t := &g.tasks[i]
		b.WriteString(string(t.Key))
		if t.Range {
			fmt.Fprintf(&b, "[%d]", t.N)
		}
		fmt.Fprintf(&b, " = %s(", t.Op)
		for j, text := range t.tmpl.Text {
			b.WriteString(text)
			if j < len(t.tmpl.Refs) {
				fmt.Fprintf(&b, "<%s>", t.tmpl.Refs[j])
			}
		}
		b.WriteByte(')')
		for j, key := range t.After {
			if j == 0 {
				b.WriteString(" after")
			}
			fmt.Fprintf(&b, " %s", key)
		}
		if t.Priority != 0 {
			fmt.Fprintf(&b, " priority %d", t.Priority)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// String prints the reference as an index expression, i being the number of
// the task it stands in.
func (r Ref) String() string {
	switch r.Mode {
	case ByIndex:
		return "i"
	case ByAt:
		return fmt.Sprintf("%s[%d]", r.Key, r.Index)
	case ByEach:
		return fmt.Sprintf("%s[i]", r.Key)
	case ByAll:
		return fmt.Sprintf("%s[:]", r.Key)
	case ByGroup:
		return fmt.Sprintf("%s[i*%d:][:%d]", r.Key, r.Size, r.Size)
	}
	return string(r.Key)
}
