from mmner.cli.prepare_dataset import main

raise SystemExit(main())
