package main

import (
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	tasks = 64
	looks = 20
)

type suspend func()

func sleep() { time.Sleep(20 * time.Microsecond) }

func lockPair(int) (suspend, suspend) {
	var lock sync.Mutex
	one := func() {
		lock.Lock()
		runtime.Gosched() // so that the other one has to wait
		lock.Unlock()
	}
	return one, one
}

func channelPair(int) (suspend, suspend) {
	there, back := make(chan int), make(chan int)
	return func() { there <- 1; <-back }, func() { <-there; back <- 1 }
}

// socketPair connects each pair once, over loopback.
func socketPair() func(int) (suspend, suspend) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer listener.Close()
	var ones, others [tasks / 2]net.Conn
	for i := range ones {
		ones[i], err = net.Dial("tcp", listener.Addr().String())
		check(err)
		others[i], err = listener.Accept()
		check(err)
	}
	return func(pair int) (suspend, suspend) {
		return func() { write(ones[pair]); read(ones[pair]) }, func() { read(others[pair]); write(others[pair]) }
	}
}

func write(c net.Conn) {
	_, err := c.Write([]byte{1})
	check(err)
}

func read(c net.Conn) {
	_, err := io.ReadFull(c, make([]byte, 1))
	check(err)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// placement counts the looks of the CoreManager's tasks that were off the CPU asked for.
func placement(kind string, pairs func(int) (suspend, suspend)) result {
	cpus := allowedCPUs()
	m := NewCoreManager(cpus)
	defer m.Close()
	length := 2 * time.Second
	if *quick {
		length = 100 * time.Millisecond
	}
	var misplaced, samples int64
	start := time.Now()
	for time.Since(start) < length {
		var ended sync.WaitGroup
		ended.Add(tasks)
		for i := 0; i < tasks/2; i++ {
			across := i >> 1 & 1
			one, other := pairs(i)
			for side, suspend := range []suspend{one, other} {
				cpu, suspend := cpus[(i+side*across)%len(cpus)], suspend
				m.Submit(cpu, func() {
					for j := 0; j < looks; j++ {
						suspend()
						if currentCPU() != cpu {
							atomic.AddInt64(&misplaced, 1)
						}
					}
					ended.Done()
				})
			}
		}
		ended.Wait()
		samples += tasks * looks
	}
	params := map[string]string{"venue": "GO_CORE_MANAGER", "suspension": kind}
	return counted("Placement.looks", params, time.Since(start).Seconds(), map[string]metric{
		"misplaced": number(float64(misplaced)),
		"samples":   number(float64(samples)),
	})
}
