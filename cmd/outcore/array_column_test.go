package main

import (
	"strings"
	"testing"
)

// TestArraysOfTables looks at columns of every kind, with nulls, and changes them.
func TestArraysOfTables(t *testing.T) {
	s := newShell(t)
	s.write("t.csv", []byte("id,name,when,ok,delay\n"+
		"1,ann,2013-01-01T05:15:00Z,true,10\n"+
		"2,,2013-01-02T05:15:00Z,false,\n"+
		"3,\"b,\"\"ob\",,,-4\n"+
		"4,Ünal,2014-01-01T00:00:00.5Z,true,7\n"))
	s.must("repo", "create", "lab")
	s.must("chunk", "t.csv", "lab#/t", "--quiet")
	look := func(want string, args ...string) {
		t.Helper()
		if got := s.must(append(append([]string{"array"}, args...), "--quiet")...).stdout; got != want {
			t.Errorf("%s\n got %q\nwant %q", strings.Join(args, " "), got, want)
		}
	}
	look("ann\n\n\"b,\"\"ob\"\nÜnal\n", "cat", "lab#/t/name")
	look(`["Ünal",null]`+"\n", "cat", "lab#/t/name", "--select", "::-2", "--to", "json")
	look(`"ann"`+"\n", "cat", "lab#/t/name", "--select", "0", "--to", "json")
	look("2013-01-01T05:15:00Z\n2013-01-02T05:15:00Z\n\n2014-01-01T00:00:00.5Z\n", "cat", "lab#/t/when")
	look("[true,false,null,true]\n", "cat", "lab#/t/ok", "--to", "json")
	look("10\n\n-4\n7\n", "cat", "lab#/t/delay")
	look("count  3\nnull   1\nmin    -4\nmean   4.333333333333333\nmax    10\nstd    6.018490028422596\nsum    13\nnan    0\nq0.5   7\n",
		"stat", "lab#/t/delay", "--quantile", "0.5")
	look("count  3\nnull   1\nmin    false\nmean   0.6666666666666667\nmax    true\nstd    0.4714045207910317\nsum    2\nnan    0\n", "stat", "lab#/t/ok")
	look("count,null,min,mean,max,std\n3,1,2013-01-01T05:15:00Z,2013-05-03T03:30:00.166666Z,2014-01-01T00:00:00.5Z,14836980.9103537\n", "stat", "lab#/t/when", "--to", "csv")
	look("count    3\nnull     1\nempty    0\nmin      ann\nmax      Ünal\nlongest  5\nbytes    13\n", "stat", "lab#/t/name")

	// A null stays one when all is mapped, and is there once it is set.
	s.must("array", "map", "lab#/t/delay", "--expr", "x + 1", "--quiet")
	look("11\n\n-3\n8\n", "cat", "lab#/t/delay")
	s.must("array", "set", "lab#/t/delay", "--select", "1", "--value", "5", "--quiet")
	s.must("array", "set", "lab#/t/name", "--select", "1:3", "--value", "zed, z", "--quiet")
	s.must("array", "set", "lab#/t/when", "--select", "-2:", "--value", "2020-02-02", "--quiet")
	look("11\n5\n-3\n8\n", "cat", "lab#/t/delay")
	look("ann\n\"zed, z\"\n\"zed, z\"\nÜnal\n", "cat", "lab#/t/name")
	look("2020-02-02T00:00:00Z\n2020-02-02T00:00:00Z\n", "cat", "lab#/t/when", "--select", "2:")
	s.must("chunk", "lab#/t", "lab#/copy", "--quiet") // a table still

	for _, c := range []struct{ args, want string }{
		{"resize lab#/t/delay --shape 9", "lab#/t/delay: it is a column of table /t, and all its columns have one length"},
		{"stat lab#/t", "lab#/t: zarr: /t: it is a group, expected an array (fix: one of its arrays: outcore repo ls 'lab#/t' --all)"},
		{"stat lab#/t/name --select 7", "lab#/t/name: index 7 is out of range for axis 0 of shape (4,), expected -4 to 3"},
		{"stat lab#/t/name --quantile 0.5", "lab#/t/name: texts have no quantiles"},
		{"stat lab#/t/name --axis 1", "lab#/t/name: --axis: found 1, expected -1 to 0"},
		{"cat lab#/t/name --to npy", "lab#/t/name: texts are written as csv or json, not as npy"},
		{"set lab#/t/when --value soon", `--value: found "soon", expected a time such as`},
		{"map lab#/t/name --expr x+1", "lab#/t/name: array /t/name has elements of string, which are no numbers to compute with; expected bool, int8"},
		{"map lab#/t/delay --expr y+1", `no array or number "y"`},
	} {
		if o := s.run(append([]string{"array"}, strings.Fields(c.args)...)...); o.exit == 0 || !strings.Contains(o.stderr, c.want) {
			t.Errorf("%s: exit %d, %s\nwant %s", c.args, o.exit, o.stderr, c.want)
		}
	}
}
