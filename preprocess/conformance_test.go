package preprocess

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml/mltest"
)

// everything is a frame with columns of all kinds, gaps, a target and weights.
func everything() (feature.Schema, *feature.Frame) {
	const n = 37
	schema, f, _ := mixed(9, n)
	schema.Fields = append(schema.Fields, feature.Field{Name: "when", Kind: feature.Time}, feature.Field{Name: "until", Kind: feature.Time})
	r := rand.New(rand.NewPCG(1, 2))
	label := feature.TextColumn{Offsets: []int32{0}}
	for range 2 {
		var c feature.TimeColumn
		for range n {
			m := r.Int64N(4e15) - 2e15
			if r.IntN(5) == 0 {
				m = feature.Missing
			}
			c.Micros = append(c.Micros, m)
		}
		f.Time = append(f.Time, c)
	}
	for i := range n {
		f.W = append(f.W, float64(i%3))
		label.Bytes = append(label.Bytes, fmt.Sprint("class ", r.IntN(3))...)
		label.Offsets = append(label.Offsets, int32(len(label.Bytes)))
	}
	f.Label, f.First = &label, 1000
	return schema, f
}

func TestConformance(t *testing.T) {
	mltest.Covered(t, "standard-scaler", "one-hot", "imputer", "dates", "select", "drop", "label-encoder")
	schema, all := everything()
	single := *all
	var x []float32
	for _, v := range all.X.(*feature.Dense[float64]).Data {
		x = append(x, float32(v))
	}
	single.X = &feature.Dense[float32]{N: all.N, D: 2, Data: x}
	sparse := *all
	sparse.X = toCSR(all.X.(*feature.Dense[float64]))
	none := feature.Schema{Fields: schema.Fields[2:]}
	bare := *all
	bare.X = nil
	numbered := *all
	numbered.Label, numbered.Y = nil, make([]float64, all.N)
	for i := range numbered.Y {
		numbered.Y[i] = float64(i%4)*10 - 20
	}
	for name, s := range map[string]mltest.TransformerSubject{
		"scaler":               {Name: "standard-scaler", Schema: schema, Frame: all},
		"scaler, float32":      {Name: "scale", Schema: schema, Frame: &single},
		"scaler, one column":   {Name: "standard-scaler", Params: map[string]any{"columns": []string{"b"}}, Schema: schema, Frame: all},
		"scaler, sparse":       {Name: "standard-scaler", Params: map[string]any{"with_mean": false}, Schema: schema, Frame: &sparse},
		"scaler, mean only":    {Name: "standard-scaler", Params: map[string]any{"with_std": false}, Schema: schema, Frame: all},
		"one-hot":              {Name: "one-hot", Schema: schema, Frame: all},
		"one-hot, float32":     {Name: "onehot", Schema: schema, Frame: &single},
		"one-hot, no numbers":  {Name: "one-hot", Schema: none, Frame: &bare},
		"one-hot, all columns": {Name: "one-hot", Params: map[string]any{"columns": []string{"a", "b", "c", "d"}, "max_categories": 4.0, "unknown": "infrequent"}, Schema: schema, Frame: all},
		"one-hot, sparse":      {Name: "one-hot", Params: map[string]any{"output": "sparse", "missing": "ignore"}, Schema: schema, Frame: all},
		"one-hot, from sparse": {Name: "one-hot", Params: map[string]any{"columns": []string{"a", "c"}}, Schema: schema, Frame: &sparse},
		"imputer":              {Name: "imputer", Schema: schema, Frame: all},
		"imputer, float32":     {Name: "impute", Params: map[string]any{"indicator": true}, Schema: schema, Frame: &single},
		"imputer, frequent":    {Name: "imputer", Params: map[string]any{"strategy": "most-frequent", "indicator": true}, Schema: schema, Frame: all},
		"imputer, constant":    {Name: "imputer", Params: map[string]any{"strategy": "constant", "text": "constant", "columns": []string{"a", "d"}}, Schema: schema, Frame: all},
		"imputer, sparse":      {Name: "imputer", Params: map[string]any{"indicator": true}, Schema: schema, Frame: &sparse},
		"imputer, no numbers":  {Name: "imputer", Params: map[string]any{"indicator": true}, Schema: none, Frame: &bare},
		"dates":                {Name: "dates", Schema: schema, Frame: all},
		"dates, sparse":        {Name: "dates", Params: map[string]any{"columns": []string{"until"}, "parts": []string{"hour", "year"}}, Schema: schema, Frame: &sparse},
		"dates, no numbers":    {Name: "dates", Schema: none, Frame: &bare},
		"select":               {Name: "select", Params: map[string]any{"columns": []string{"b", "c", "until"}}, Schema: schema, Frame: all},
		"select numbers":       {Name: "select", Params: map[string]any{"columns": []string{"a", "b"}}, Schema: schema, Frame: &sparse},
		"drop":                 {Name: "drop", Params: map[string]any{"columns": []string{"a", "d"}}, Schema: schema, Frame: &single},
		"drop all numbers":     {Name: "drop", Params: map[string]any{"columns": []string{"a", "b"}}, Schema: schema, Frame: all},
		"labels":               {Name: "label-encoder", Schema: schema, Frame: all},
		"numbered labels":      {Name: "label-encoder", Schema: schema, Frame: &numbered},
	} {
		t.Run(name, func(t *testing.T) { mltest.Transformer(t, s) })
	}
}
