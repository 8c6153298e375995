package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// parked starts goroutines that wait, and then wakes them all.
func parked(count int) result {
	runtime.GC()
	heapBefore, rssBefore := inUse(), residentBytes()
	gate := make(chan struct{})
	var waiting, ended sync.WaitGroup
	waiting.Add(count)
	ended.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			waiting.Done()
			<-gate
			ended.Done()
		}()
	}
	waiting.Wait()
	runtime.GC()
	heap, rss := inUse()-heapBefore, residentBytes()-rssBefore
	start := time.Now()
	close(gate)
	ended.Wait()
	woken := time.Since(start)
	n := float64(count)
	params := map[string]string{"venue": "GO", "tasks": strconv.Itoa(count)}
	return counted("Parked.parkAndWake", params, woken.Seconds(), map[string]metric{
		"heapBytes": number(heap / n),
		"rssBytes":  number(rss / n),
		"wakeNanos": number(float64(woken.Nanoseconds()) / n),
	})
}

// inUse returns the bytes of objects and of goroutines' stacks.
func inUse() float64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc + stats.StackInuse)
}

func residentBytes() float64 {
	file, err := os.Open("/proc/self/status")
	check(err)
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "VmRSS:") {
			var kib float64
			_, err := fmt.Sscanf(lines.Text(), "VmRSS: %f kB", &kib)
			check(err)
			return 1024 * kib
		}
	}
	panic("/proc/self/status has no VmRSS")
}
