from mmner.cli.pretraining_to_hf import main

raise SystemExit(main())
