// Command peers measures Go beside Heddle: the CoreManager that Heddle began as, and plain goroutines.
//
// It prints a JSON array in the form of JMH's own results, so that one report reads both. One process is one fork,
// and runs one group: the threads that the CoreManager pinned stay pinned.
//
//	go run . -group switch [-quick]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

// prefix makes the names those of the Java benchmarks that ask the same question.
const prefix = "dev.heddle.benchmarks."

type metric struct {
	Score     float64     `json:"score"`
	ScoreUnit string      `json:"scoreUnit"`
	RawData   [][]float64 `json:"rawData,omitempty"`
}

type result struct {
	Benchmark        string            `json:"benchmark"`
	Mode             string            `json:"mode"`
	Params           map[string]string `json:"params"`
	PrimaryMetric    metric            `json:"primaryMetric"`
	SecondaryMetrics map[string]metric `json:"secondaryMetrics"`
}

type benchmark struct {
	group string
	run   func() []result
}

var (
	quick      = flag.Bool("quick", false, "short runs: to see that it works")
	benchmarks []benchmark
)

func register(group string, run func() []result) {
	benchmarks = append(benchmarks, benchmark{group, run})
}

func main() {
	group := flag.String("group", "", "which to run: placement, switch, spawn, dispatch or blocked")
	flag.Parse()
	results := []result{}
	for _, b := range benchmarks {
		if b.group == *group {
			results = append(results, b.run()...)
		}
	}
	if len(results) == 0 {
		fmt.Fprintf(os.Stderr, "there is no group %q\n", *group)
		flag.Usage()
		os.Exit(2)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	if err := out.Encode(results); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// number is a metric that is no time.
func number(value float64) metric { return metric{Score: value, ScoreUnit: "#"} }

// averageTime runs an operation on procs Ps again and again, and returns the nanoseconds of each of the n things it does.
func averageTime(name, venue string, procs, n int, operation func()) result {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	warmup, iterations, length := 2, 5, 500*time.Millisecond
	if *quick {
		warmup, iterations, length = 1, 2, 50*time.Millisecond
	}
	var scores []float64
	for i := 0; i < warmup+iterations; i++ {
		runs := 0
		runtime.GC() // as JMH does before an iteration
		start := time.Now()
		for time.Since(start) < length {
			operation()
			runs++
		}
		if i >= warmup {
			scores = append(scores, float64(time.Since(start).Nanoseconds())/float64(runs*n))
		}
	}
	sum := 0.0
	for _, score := range scores {
		sum += score
	}
	return result{
		Benchmark:        prefix + name,
		Mode:             "avgt",
		Params:           map[string]string{"venue": venue},
		PrimaryMetric:    metric{Score: sum / float64(len(scores)), ScoreUnit: "ns/op", RawData: [][]float64{scores}},
		SecondaryMetrics: map[string]metric{},
	}
}

// counted returns numbers that are not times.
func counted(name string, params map[string]string, seconds float64, numbers map[string]metric) result {
	return result{
		Benchmark:        prefix + name,
		Mode:             "ss",
		Params:           params,
		PrimaryMetric:    metric{Score: seconds, ScoreUnit: "s/op"},
		SecondaryMetrics: numbers,
	}
}
