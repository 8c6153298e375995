package main

import (
	"math/rand"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"time"
)

const (
	yields   = 10_000
	rounds   = 100_000
	children = 10_000
	burst    = 10_000
)

// whole times an operation as one: its size is a parameter of the benchmark.
func whole(name, parameter, venue string, procs, size int, operation func()) result {
	all := averageTime(name, venue, procs, 1, operation)
	all.Params[parameter] = strconv.Itoa(size)
	return all
}

func twoGoroutinesYield() {
	var ended sync.WaitGroup
	ended.Add(2)
	for i := 0; i < 2; i++ {
		go func() {
			for j := 0; j < yields; j++ {
				runtime.Gosched()
			}
			ended.Done()
		}()
	}
	ended.Wait()
}

func pingPong() {
	there, back := make(chan int), make(chan int)
	go func() {
		for i := range there {
			back <- i
		}
	}()
	for i := 0; i < rounds; i++ {
		there <- i
		<-back
	}
	close(there)
}

func spawn(n int) {
	var ended sync.WaitGroup
	ended.Add(n)
	for i := 0; i < n; i++ {
		go ended.Done()
	}
	ended.Wait()
}

func skynet(leaves int) {
	result := make(chan int)
	go skynetNode(result, 0, leaves)
	if sum := <-result; sum != leaves*(leaves-1)/2 {
		panic("the sum is wrong")
	}
}

func skynetNode(result chan int, number, size int) {
	if size == 1 {
		result <- number
		return
	}
	sums := make(chan int)
	part := size / 10
	for i := 0; i < 10; i++ {
		go skynetNode(sums, number+i*part, part)
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += <-sums
	}
	result <- sum
}

// coreManagerBurst sends tasks to the last CPU from a thread that is pinned to the first.
func coreManagerBurst() result {
	cpus := allowedCPUs()
	m := NewCoreManager(cpus[len(cpus)-1:])
	defer m.Close()
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // never unlocked: the pinned thread ends with the goroutine
		pinThread(cpus[0])
		done <- averageTime("Dispatch.burst", "GO_CORE_MANAGER", runtime.NumCPU(), burst, func() {
			var ended sync.WaitGroup
			ended.Add(burst)
			for i := 0; i < burst; i++ {
				m.Submit(m.cpus[0], ended.Done)
			}
			ended.Wait()
		})
	}()
	return <-done
}

// coreManagerLatency measures the time from a submission to an idle CPU until the task runs there.
func coreManagerLatency() result {
	cpus := allowedCPUs()
	m := NewCoreManager(cpus[len(cpus)-1:])
	defer m.Close()
	samples := 10_000
	if *quick {
		samples = 500
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread()
		pinThread(cpus[0])
		nanos := make([]float64, 0, samples)
		for i := 0; i < 2*samples; i++ {
			started := make(chan time.Time)
			sent := time.Now()
			m.Submit(m.cpus[0], func() { started <- time.Now() })
			if took := (<-started).Sub(sent); i >= samples {
				nanos = append(nanos, float64(took.Nanoseconds()))
			}
			pause := 50*time.Microsecond + time.Duration(rand.Intn(20_000)) // by chance, as in Java
			for wait := time.Now(); time.Since(wait) < pause; {
			}
		}
		sort.Float64s(nanos)
		at := func(share float64) metric { return number(nanos[int(share*float64(len(nanos)))]) }
		params := map[string]string{"venue": "GO_CORE_MANAGER", "samples": strconv.Itoa(samples)}
		done <- counted("DispatchLatency.idle", params, 0, map[string]metric{
			"counted": number(float64(len(nanos))), "p50Nanos": at(0.5), "p99Nanos": at(0.99), "p999Nanos": at(0.999),
		})
	}()
	return <-done
}
