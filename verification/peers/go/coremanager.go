package main

import "runtime"

// CoreManager is the design that Heddle began as: for each CPU a channel of tasks and a dispatcher, a goroutine that is
// locked to a pinned kernel thread. It starts each task as a goroutine that pins the kernel thread it finds itself on.
//
// Nothing keeps the goroutine on that thread: after its next suspension another one may run it, and the pin stays behind
// with the thread.
type CoreManager struct {
	cpus  []int
	tasks map[int]chan func()
}

// NewCoreManager starts a dispatcher on each of the CPUs.
func NewCoreManager(cpus []int) *CoreManager {
	m := &CoreManager{cpus, make(map[int]chan func())}
	for _, cpu := range cpus {
		tasks := make(chan func(), 1024)
		m.tasks[cpu] = tasks
		go dispatch(cpu, tasks)
	}
	return m
}

func dispatch(cpu int, tasks chan func()) {
	runtime.LockOSThread()
	pinThread(cpu)
	for task := range tasks {
		task := task
		go func() {
			pinThread(cpu)
			task()
		}()
	}
}

// Submit sends a task to a CPU; it waits while the channel is full.
func (m *CoreManager) Submit(cpu int, task func()) { m.tasks[cpu] <- task }

// Close ends the dispatchers.
func (m *CoreManager) Close() {
	for _, tasks := range m.tasks {
		close(tasks)
	}
}
