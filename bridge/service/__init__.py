"""The use cases, one module each, named by what they do. They know the domain and the ports, nothing else."""
