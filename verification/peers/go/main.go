// Command peers measures Go beside Heddle: the CoreManager that Heddle began as, and plain goroutines.
//
// It prints a JSON array in the form of JMH's own results, so that one report reads both. Each benchmark has a process of
// its own, as in JMH: the threads that the CoreManager pinned stay pinned, and what a million goroutines took is not given back.
//
//	go run . -group switch [-quick]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
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
	run   func() result
}

var quick = flag.Bool("quick", false, "short runs: to see that it works")

// benchmarks returns all of them. The flags must have been read.
func benchmarks() []benchmark {
	million := 1_000_000
	if *quick {
		million = 10_000
	}
	all := []benchmark{
		{"placement", func() result {
			return placement("YIELD", func(int) (suspend, suspend) { return runtime.Gosched, runtime.Gosched })
		}},
		{"placement", func() result {
			return placement("SLEEP", func(int) (suspend, suspend) { return sleep, sleep })
		}},
		{"placement", func() result { return placement("LOCK", lockPair) }},
		{"placement", func() result { return placement("CHANNEL", channelPair) }},
		{"placement", func() result { return placement("SOCKET", socketPair()) }},
		{"switch", func() result { return averageTime("Yield.two", "GO_ONE_P", 1, 2*yields, twoGoroutinesYield) }},
		{"switch", func() result { return averageTime("PingPong.roundTrip", "GO_ONE_P", 1, rounds, pingPong) }},
		{"switch", func() result {
			return averageTime("PingPong.roundTrip", "GO", runtime.NumCPU(), rounds, pingPong)
		}},
		{"spawn", func() result {
			return averageTime("Spawn.children", "GO_ONE_P", 1, children, func() { spawn(children) })
		}},
		{"spawn", func() result {
			return whole("SpawnMillion.burst", "tasks", "GO_ONE_P", 1, million, func() { spawn(million) })
		}},
		{"spawn", func() result {
			return whole("Skynet.tree", "leaves", "GO", runtime.NumCPU(), million, func() { skynet(million) })
		}},
		{"dispatch", coreManagerBurst},
		{"dispatch", coreManagerLatency},
		{"blocked", func() result { return parked(million) }},
	}
	if !*quick {
		all = append(all, benchmark{"blocked", func() result { return parked(100_000) }})
	}
	return all
}

func main() {
	group := flag.String("group", "", "which to run: placement, switch, spawn, dispatch or blocked")
	only := flag.Int("only", -1, "run the benchmark with this number, in this process")
	flag.Parse()
	if *only >= 0 {
		print(benchmarks()[*only].run())
		return
	}
	results := []json.RawMessage{}
	for i, b := range benchmarks() {
		if b.group == *group {
			results = append(results, inProcessOfItsOwn(i))
		}
	}
	if len(results) == 0 {
		fmt.Fprintf(os.Stderr, "there is no group %q\n", *group)
		flag.Usage()
		os.Exit(2)
	}
	print(results)
}

func inProcessOfItsOwn(benchmark int) json.RawMessage {
	program, err := os.Executable()
	check(err)
	command := exec.Command(program, "-only", strconv.Itoa(benchmark), fmt.Sprintf("-quick=%t", *quick))
	command.Stderr = os.Stderr
	printed, err := command.Output()
	check(err)
	return printed
}

func print(value any) {
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	check(out.Encode(value))
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
